//! The canonical line in another profile than that of obs.

use std::time::Duration;

use super::{
    duration::{push_millis, push_seconds},
    ecs::event_outcome,
    encoder::Encoder,
    escape::{Escaping, push_escaped},
    fields::Fields,
    format::Syntax,
    ids::Ids,
    line_template::MAX_ENDPOINT,
    parts::Tail,
    profile::{LogProfile, Profiled},
    request_json::{MAX_ERROR, MAX_PLACE},
    request_line::RequestLine,
    request_start::RequestStart,
    scratch::Scratch,
    value::{MAX_WORD, push_count},
};
use crate::{
    context::RequestContext,
    names::{ecs, google_cloud, log},
};

/// The writer of obs's own fields of a request's line.
struct Own<'a> {
    syntax: Syntax,
    fields: &'a mut Fields,
    start: &'a RequestStart,
    request: &'a RequestLine<'a>,
    /// Whether all texts fitted.
    is_whole: bool,
}

/// Writes the line to `scratch.line`.
pub(super) fn encode(
    encoder: &Encoder,
    profiled: Profiled,
    scratch: &mut Scratch,
    start: &RequestStart,
    context: &RequestContext,
    request: &RequestLine<'_>,
) {
    let Scratch {
        line,
        ids,
        fields,
        stamp,
        ..
    } = scratch;
    profiled.open(line, stamp, request.parts_head());
    let is_message_whole = push_message(line, request);
    let mut own = Own {
        syntax: profiled.syntax(),
        fields,
        start,
        request,
        is_whole: is_message_whole && !start.is_truncated(),
    };
    match profiled.profile {
        LogProfile::Obs | LogProfile::Logfmt => own.put_obs(),
        LogProfile::Ecs => own.put_ecs(),
        LogProfile::GoogleCloud => own.put_google_cloud(),
    }
    let is_whole = own.is_whole;
    let limit = encoder.field_room(line);
    encoder.add_context_fields(fields, context, limit);
    encoder.add_constants(fields, limit);
    encoder.push_ids(ids, Ids::of_request(context));
    let tail = Tail {
        target: log::REQUEST_TARGET,
        service: &encoder.service,
        ids,
        context: &[],
        event: fields.as_bytes(),
        spans: &[],
        truncated: !is_whole || fields.is_truncated(),
    };
    profiled.close(line, tail);
}

/// Appends `GET /orders/{id} 200`, or `POST shop.Orders/Get NOT_FOUND`. Returns whether the whole text fitted.
fn push_message(line: &mut Vec<u8>, request: &RequestLine<'_>) -> bool {
    line.extend_from_slice(request.method.as_bytes());
    line.push(b' ');
    let limit = line.len() + MAX_ENDPOINT;
    let whole = push_escaped(line, request.endpoint, limit, Escaping::Json);
    line.push(b' ');
    match request.grpc_status {
        Some(status) => line.extend_from_slice(status.as_bytes()),
        None => push_count(line, request.status.into()),
    }
    whole
}

// === impl Own ===

impl Own<'_> {
    /// The keys of obs, in the order of [`request_json`](super::request_json).
    fn put_obs(&mut self) {
        let request = self.request;
        self.word(log::METHOD, request.method);
        self.text(log::ENDPOINT, request.endpoint, MAX_ENDPOINT);
        self.escaped(log::PATH, self.start.path_text());
        self.count(log::STATUS, Some(request.status.into()));
        self.optional_word(log::GRPC_STATUS, request.grpc_status);
        self.word(log::OUTCOME, request.outcome.as_str());
        self.seconds(log::DURATION, request.duration);
        self.millis(log::DURATION_MS, Some(request.duration));
        self.millis(log::HEAD_MS, request.head);
        self.count(log::REQUEST_BYTES, request.request_bytes);
        self.count(log::RESPONSE_BYTES, request.response_bytes);
        self.word(log::PROTOCOL, request.protocol);
        self.escaped(log::CLIENT_ADDRESS, self.start.address_text());
        self.escaped(log::USER_AGENT, self.start.agent_text());
        if let Some(method) = request.method_original {
            self.text(log::METHOD_ORIGINAL, method, MAX_WORD);
        }
        self.put_failure();
    }

    fn put_ecs(&mut self) {
        let request = self.request;
        self.word(ecs::EVENT_KIND, "event");
        self.raw(ecs::EVENT_CATEGORY, b"[\"web\"]");
        self.raw(ecs::EVENT_TYPE, b"[\"access\"]");
        self.word(ecs::EVENT_OUTCOME, event_outcome(request.outcome));
        self.count(ecs::EVENT_DURATION, u64::try_from(request.duration.as_nanos()).ok());
        match request.method_original {
            Some(method) => self.text(ecs::HTTP_REQUEST_METHOD, method, MAX_WORD),
            None => self.word(ecs::HTTP_REQUEST_METHOD, request.method),
        }
        self.text(ecs::OBS_ENDPOINT, request.endpoint, MAX_ENDPOINT);
        self.escaped(ecs::URL_PATH, self.start.path_text());
        self.count(ecs::HTTP_RESPONSE_STATUS_CODE, Some(request.status.into()));
        self.optional_word(ecs::OBS_GRPC_STATUS, request.grpc_status);
        self.word(ecs::OBS_OUTCOME, request.outcome.as_str());
        self.millis(ecs::OBS_HEAD_MS, request.head);
        self.count(ecs::HTTP_REQUEST_BODY_BYTES, request.request_bytes);
        self.count(ecs::HTTP_RESPONSE_BODY_BYTES, request.response_bytes);
        let version = request.protocol.strip_prefix("HTTP/").unwrap_or(request.protocol);
        self.word(ecs::HTTP_VERSION, version);
        self.escaped(ecs::CLIENT_ADDRESS, self.start.address_text());
        self.escaped(ecs::CLIENT_IP, self.start.address_text());
        self.escaped(ecs::USER_AGENT_ORIGINAL, self.start.agent_text());
        if let Some(word) = request.error_type {
            self.text(ecs::ERROR_TYPE, word, MAX_WORD);
        }
        if let Some(failure) = request.failure {
            self.text(ecs::ERROR_MESSAGE, failure.message(), MAX_ERROR);
            if let Some(lines) = failure.lines() {
                self.text(ecs::ERROR_STACK_TRACE, &lines, MAX_ERROR);
            }
            if let Some(location) = failure.location() {
                self.text(ecs::OBS_ERROR_LOCATION, location, MAX_PLACE);
            }
        }
    }

    fn put_google_cloud(&mut self) {
        let request = self.request;
        self.put_http_request();
        self.text(log::ENDPOINT, request.endpoint, MAX_ENDPOINT);
        self.optional_word(log::GRPC_STATUS, request.grpc_status);
        self.word(log::OUTCOME, request.outcome.as_str());
        self.millis(log::DURATION_MS, Some(request.duration));
        self.millis(log::HEAD_MS, request.head);
        self.put_failure();
    }

    /// The object `httpRequest`: 64-bit numbers are text there, as in each JSON form of a protobuf message.
    fn put_http_request(&mut self) {
        let (syntax, request, start) = (self.syntax, self.request, self.start);
        let mut is_whole = true;
        self.fields.put_own(syntax, google_cloud::HTTP_REQUEST, |out| {
            syntax.push_first_key(out, google_cloud::REQUEST_METHOD);
            let method = request.method_original.unwrap_or(request.method);
            is_whole = syntax.push_value(out, method, MAX_WORD);
            let texts = [
                (google_cloud::REQUEST_URL, start.path_text()),
                (google_cloud::REMOTE_IP, start.address_text()),
                (google_cloud::USER_AGENT, start.agent_text()),
            ];
            for (key, text) in texts {
                if let Some(text) = text {
                    syntax.push_key(out, key);
                    syntax.push_escaped_value(out, text);
                }
            }
            syntax.push_key(out, google_cloud::STATUS);
            push_count(out, request.status.into());
            let sizes = [
                (google_cloud::REQUEST_SIZE, request.request_bytes),
                (google_cloud::RESPONSE_SIZE, request.response_bytes),
            ];
            for (key, size) in sizes {
                if let Some(size) = size {
                    syntax.push_key(out, key);
                    out.push(b'"');
                    push_count(out, size);
                    out.push(b'"');
                }
            }
            syntax.push_key(out, google_cloud::LATENCY);
            out.push(b'"');
            push_seconds(out, request.duration);
            out.extend_from_slice(b"s\"");
            syntax.push_word(out, google_cloud::PROTOCOL, request.protocol);
            out.push(b'}');
        });
        self.is_whole &= is_whole;
    }

    /// The fields of a request that failed.
    fn put_failure(&mut self) {
        let request = self.request;
        if let Some(word) = request.error_type {
            self.text(log::ERROR_TYPE, word, MAX_WORD);
        }
        if let Some(failure) = request.failure {
            self.text(log::ERROR, failure.message(), MAX_ERROR);
            if let Some(chain) = failure.chain() {
                self.text(log::ERROR_CHAIN, &chain, MAX_ERROR);
            }
            if let Some(location) = failure.location() {
                self.text(log::ERROR_LOCATION, location, MAX_PLACE);
            }
        }
    }

    fn text(&mut self, key: &'static str, text: &str, max: usize) {
        let syntax = self.syntax;
        let mut is_whole = true;
        self.fields
            .put_own(syntax, key, |out| is_whole = syntax.push_value(out, text, max));
        self.is_whole &= is_whole;
    }

    /// A text that is already escaped for JSON.
    fn escaped(&mut self, key: &'static str, text: Option<&[u8]>) {
        let syntax = self.syntax;
        if let Some(text) = text {
            self.fields
                .put_own(syntax, key, |out| syntax.push_escaped_value(out, text));
        }
    }

    fn word(&mut self, key: &'static str, word: &str) {
        self.escaped(key, Some(word.as_bytes()));
    }

    fn optional_word(&mut self, key: &'static str, word: Option<&str>) {
        self.escaped(key, word.map(str::as_bytes));
    }

    fn raw(&mut self, key: &'static str, bytes: &[u8]) {
        self.fields
            .put_own(self.syntax, key, |out| out.extend_from_slice(bytes));
    }

    fn count(&mut self, key: &'static str, count: Option<u64>) {
        if let Some(count) = count {
            self.fields.put_own(self.syntax, key, |out| push_count(out, count));
        }
    }

    fn millis(&mut self, key: &'static str, duration: Option<Duration>) {
        if let Some(duration) = duration {
            self.fields.put_own(self.syntax, key, |out| push_millis(out, duration));
        }
    }

    /// `0.012345s`
    fn seconds(&mut self, key: &'static str, duration: Duration) {
        let quote: &[u8] = if self.syntax == Syntax::Json { b"\"" } else { b"" };
        self.fields.put_own(self.syntax, key, |out| {
            out.extend_from_slice(quote);
            push_seconds(out, duration);
            out.push(b's');
            out.extend_from_slice(quote);
        });
    }
}
