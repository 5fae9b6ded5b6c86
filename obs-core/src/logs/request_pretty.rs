//! The canonical line for people at a terminal.

use std::{fmt::Write as _, time::Duration};

use obs_conventions::Outcome;

use super::{
    encoder::Encoder,
    escape::{Escaping, Unescaped, push_escaped},
    ids::Ids,
    parts::MAX_LINE,
    pretty::{self, CYAN, GREEN, RED, YELLOW, push_colored},
    request_line::RequestLine,
    request_start::RequestStart,
    scratch::Scratch,
    value::Value,
};
use crate::{context::RequestContext, names::log};

/// The most bytes that one text of the request has on the line.
const MAX_TEXT: usize = 4 * 1_024;
/// An upper limit of the line without the context fields, in bytes.
const MAX_OWN: usize = 32 * 1_024;

/// Writes the line to `scratch.line`: `14:30:05.123 INFO  GET /orders/{id} 200 12.3ms`.
pub(super) fn encode(
    encoder: &Encoder,
    scratch: &mut Scratch,
    start: &RequestStart,
    context: &RequestContext,
    request: &RequestLine<'_>,
    color: bool,
) {
    let Scratch {
        line,
        ids,
        fields,
        stamp,
        ..
    } = scratch;
    pretty::push_stamp(line, stamp, request.parts_head(), color);
    push_text(line, request.method);
    line.push(b' ');
    let endpoint = line.len();
    push_text(line, request.endpoint);
    let same_path = &line[endpoint..] == start.path();
    line.push(b' ');
    let mut digits = itoa::Buffer::new();
    let status = request.grpc_status.unwrap_or_else(|| digits.format(request.status));
    push_colored(line, status.as_bytes(), color, status_color(request));
    line.push(b' ');
    push_human(line, request.duration);

    pretty::start_details(line, color);
    push_own(encoder, line, request, if same_path { &[] } else { start.path() });
    encoder.push_ids(ids, Ids::of_request(context));
    encoder.add_context_fields(fields, context, MAX_LINE - MAX_OWN);
    line.extend_from_slice(fields.as_bytes());
    line.extend_from_slice(ids);
    pretty::end(line, start.is_truncated() || fields.is_truncated(), color);
}

/// Appends the outcome, unless it follows from the status.
fn push_own(encoder: &Encoder, line: &mut Vec<u8>, request: &RequestLine<'_>, path: &[u8]) {
    if !path.is_empty() {
        line.extend_from_slice(b" path=");
        line.extend_from_slice(path);
    }
    if let Some(method) = request.method_original {
        push_field(encoder, line, log::METHOD_ORIGINAL, method);
    }
    if request.outcome != Outcome::of_status(request.status) && !follows_from_grpc_status(request) {
        push_field(encoder, line, log::OUTCOME, request.outcome.as_str());
    }
    if let Some(error_type) = request.error_type.filter(|_| request.outcome != Outcome::Panic) {
        push_field(encoder, line, log::ERROR_TYPE, error_type);
    }
    if let Some(failure) = request.failure {
        push_field(encoder, line, log::ERROR, failure.message());
        if let Some(chain) = failure.chain() {
            push_field(encoder, line, log::ERROR_CHAIN, &chain);
        }
        if let Some(location) = failure.location() {
            push_field(encoder, line, log::ERROR_LOCATION, location);
        }
    }
}

fn push_field(encoder: &Encoder, line: &mut Vec<u8>, key: &str, text: &str) {
    line.push(b' ');
    line.extend_from_slice(key.as_bytes());
    line.push(b'=');
    let limit = line.len() + MAX_TEXT;
    Value::Str(text).push(line, encoder.rules(), limit);
}

fn push_text(line: &mut Vec<u8>, text: &str) {
    let limit = line.len() + MAX_TEXT;
    push_escaped(line, text, limit, Escaping::Terminal);
}

/// Whether the outcome follows from the gRPC status.
fn follows_from_grpc_status(request: &RequestLine<'_>) -> bool {
    let is_answer = matches!(
        request.outcome,
        Outcome::Ok | Outcome::ClientError | Outcome::ServerError
    );
    is_answer && request.grpc_status.is_some()
}

fn status_color(request: &RequestLine<'_>) -> &'static [u8] {
    if request.grpc_status.is_some() {
        return match request.outcome {
            Outcome::Ok => GREEN,
            Outcome::ClientError | Outcome::Cancelled | Outcome::Aborted => YELLOW,
            Outcome::ServerError | Outcome::Panic | Outcome::BodyError => RED,
        };
    }
    match request.status {
        ..300 => GREEN,
        300..400 => CYAN,
        400..500 => YELLOW,
        500.. => RED,
    }
}

/// Appends a duration in a unit by its size: `840µs`, `12.3ms`, `1.20s`.
fn push_human(line: &mut Vec<u8>, duration: Duration) {
    let millis = duration.as_secs_f64() * 1_000.0;
    let _ = match millis {
        ..1.0 => write!(Unescaped(line), "{}µs", duration.as_micros()),
        ..1_000.0 => write!(Unescaped(line), "{millis:.1}ms"),
        _ => write!(Unescaped(line), "{:.2}s", duration.as_secs_f64()),
    };
}
