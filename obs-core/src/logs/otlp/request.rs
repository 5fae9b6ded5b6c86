//! The record of a request.

use std::{
    net::IpAddr,
    time::{Duration, UNIX_EPOCH},
};

use obs_otlp::LogRecord;
use opentelemetry::{
    Key,
    logs::{AnyValue, Severity},
};
use tracing_core::Level;

use super::{
    OtlpLogs,
    attributes::{Attributes, field, unsigned},
    pipeline::of_request,
};
use crate::{
    context::RequestContext,
    failure::Failure,
    formatting::floor_char_boundary,
    logs::{
        RequestLine, RequestStart,
        fields::Duplicates,
        request_start::{MAX_PATH, MAX_USER_AGENT},
    },
    names::log,
};

/// The data of a request that is no longer available at its end, unchanged.
#[derive(Debug)]
pub(in crate::logs) struct RawRequest {
    path: String,
    user_agent: Option<String>,
    client_address: Option<IpAddr>,
}

// === impl RawRequest ===

impl RawRequest {
    pub(in crate::logs) fn new(path: &str, user_agent: Option<&[u8]>, client_address: Option<IpAddr>) -> Self {
        let path = path[..floor_char_boundary(path, MAX_PATH)].to_owned();
        let user_agent =
            user_agent.map(|bytes| String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_USER_AGENT)]).into_owned());
        Self {
            path,
            user_agent,
            client_address,
        }
    }
}

// === impl OtlpLogs ===

impl OtlpLogs {
    /// Sends the record of a request: what its line says, under the same names.
    pub(in crate::logs) fn send_request(
        &self,
        start: &mut RequestStart,
        context: &RequestContext,
        request: &RequestLine<'_>,
    ) {
        let raw = start.raw.take().map(|raw| *raw);
        let mut attributes = self.attributes(20);
        attributes.push_own(log::REQUEST_ID, context.request_id().to_owned());
        push_request(&mut attributes, raw, request);
        context.with_fields(|fields| {
            for (key, value) in fields.iter().filter(|(key, _)| !request.has_key(key, start)) {
                attributes.put(Key::from(key.to_string()), field(value), Duplicates::FirstWins);
            }
        });
        self.add_constants(&mut attributes);
        let (severity, severity_text) = severity_of(request.level);
        let status = request
            .grpc_status
            .map_or_else(|| request.status.to_string(), str::to_owned);
        let record = LogRecord {
            target: log::REQUEST_TARGET.into(),
            event_name: None,
            at: Some(UNIX_EPOCH + request.at),
            severity: Some(severity),
            severity_text: Some(severity_text),
            body: Some(format!("{} {} {status}", request.method, request.endpoint).into()),
            attributes: attributes.into_list(),
            trace: Some(of_request(context)),
        };
        self.send(record);
    }
}

/// A level in the words of OpenTelemetry.
fn severity_of(level: Level) -> (Severity, &'static str) {
    let severity = match level {
        Level::TRACE => Severity::Trace,
        Level::DEBUG => Severity::Debug,
        Level::INFO => Severity::Info,
        Level::WARN => Severity::Warn,
        Level::ERROR => Severity::Error,
    };
    (severity, level.as_str())
}

fn push_request(attributes: &mut Attributes<'_>, raw: Option<RawRequest>, request: &RequestLine<'_>) {
    let RequestLine {
        at: _,
        level: _,
        method,
        method_original,
        endpoint,
        status,
        grpc_status,
        outcome,
        duration,
        head,
        request_bytes,
        response_bytes,
        protocol,
        error_type,
        failure,
    } = request;
    attributes.push_own(log::METHOD, text(method));
    attributes.push_own(log::ENDPOINT, text(endpoint));
    attributes.push_own(log::STATUS, i64::from(*status));
    attributes.push_own(log::OUTCOME, outcome.as_str());
    attributes.push_own(
        log::DURATION,
        format!("{}.{:06}s", duration.as_secs(), duration.subsec_micros()),
    );
    attributes.push_own(log::DURATION_MS, millis(*duration));
    attributes.push_own(log::PROTOCOL, text(protocol));
    let optional = [
        (log::METHOD_ORIGINAL, method_original.map(text)),
        (log::GRPC_STATUS, grpc_status.map(text)),
        (log::HEAD_MS, head.map(|head| millis(head).into())),
        (log::REQUEST_BYTES, request_bytes.map(unsigned)),
        (log::RESPONSE_BYTES, response_bytes.map(unsigned)),
        (log::ERROR_TYPE, error_type.map(text)),
        (log::ERROR, failure.map(|failure| text(failure.message()))),
        (
            log::ERROR_CHAIN,
            failure.and_then(Failure::chain).map(|chain| text(&chain)),
        ),
        (log::ERROR_LOCATION, failure.and_then(Failure::location).map(text)),
    ];
    let client = raw.map(
        |RawRequest {
             path,
             user_agent,
             client_address,
         }| {
            [
                (log::PATH, Some(path.into())),
                (
                    log::CLIENT_ADDRESS,
                    client_address.map(|address| address.to_string().into()),
                ),
                (log::USER_AGENT, user_agent.map(AnyValue::from)),
            ]
        },
    );
    for (key, value) in optional.into_iter().chain(client.into_iter().flatten()) {
        if let Some(value) = value {
            attributes.push_own(key, value);
        }
    }
}

fn text(text: &str) -> AnyValue {
    text.to_owned().into()
}

/// To the microsecond, as on the line.
fn millis(duration: Duration) -> f64 {
    Duration::from_micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)).as_secs_f64() * 1_000.0
}
