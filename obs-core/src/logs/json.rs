//! JSON lines.

use std::time::Duration;

use tracing_core::Level;

use super::{
    escape::{Escaping, push_escaped},
    ids::Ids,
    parts::{MAX_TARGET, Tail, level_index},
    timestamp::Stamp,
};
use crate::{names::log, obs::ServiceInfo};

/// The most bytes that the name, the version or the environment of a service has on a line.
const MAX_SERVICE: usize = 1_024;

/// `,"key":` as bytes, made when compiling.
macro_rules! key {
    ($name:expr) => {{
        const KEY: [u8; $name.len() + 4] = $crate::logs::json::key_bytes($name);
        &KEY
    }};
}
pub(super) use key;

/// See [`key!`].
pub(super) const fn key_bytes<const N: usize>(name: &str) -> [u8; N] {
    let mut out = [b','; N];
    out[1] = b'"';
    let mut at = 0;
    while at < name.len() {
        out[at + 2] = name.as_bytes()[at];
        at += 1;
    }
    out[N - 2] = b'"';
    out[N - 1] = b':';
    out
}

/// `,"level":"info","severity":"INFO","message":"` for each level, by [`level_index`].
fn level_part(level: Level) -> &'static [u8] {
    /// The values of the two keys.
    const NAMES: [(&str, &str); 5] =
        [("trace", "TRACE"), ("debug", "DEBUG"), ("info", "INFO"), ("warn", "WARN"), ("error", "ERROR")];
    static PARTS: std::sync::LazyLock<[Vec<u8>; 5]> = std::sync::LazyLock::new(|| {
        NAMES.map(|(level, severity)| {
            format!("\",\"{}\":\"{level}\",\"{}\":\"{severity}\",\"{}\":\"", log::LEVEL, log::SEVERITY, log::MESSAGE)
                .into_bytes()
        })
    });
    &PARTS[level_index(level)]
}

/// Starts a line, up to the first character of its message.
pub(super) fn open(line: &mut Vec<u8>, stamp: &mut Stamp, at: Duration, level: Level) {
    line.push(b'{');
    line.extend_from_slice(&key!(log::TIMESTAMP)[1..]);
    line.push(b'"');
    stamp.push_micros(line, at);
    line.extend_from_slice(level_part(level));
}

/// What says on every line where it is from.
pub(super) fn service_part(service: &ServiceInfo) -> Vec<u8> {
    let mut out = Vec::new();
    push_short(&mut out, key!(log::SERVICE), &service.name, MAX_SERVICE);
    for (key, value) in [(&key!(log::VERSION)[..], &service.version), (&key!(log::ENV)[..], &service.environment)] {
        if let Some(value) = value {
            push_short(&mut out, key, value, MAX_SERVICE);
        }
    }
    out
}

/// Appends a field whose text has at most `max` bytes; tells whether all of it fitted.
pub(super) fn push_short(out: &mut Vec<u8>, key: &[u8], text: &str, max: usize) -> bool {
    out.extend_from_slice(key);
    out.push(b'"');
    let limit = out.len() + max;
    let whole = push_escaped(out, text, limit, Escaping::Json);
    out.push(b'"');
    whole
}

pub(super) fn push_ids(out: &mut Vec<u8>, ids: Ids<'_>) {
    let Ids { request_id, trace_id, span_id } = ids;
    if let Some(request_id) = request_id {
        // At most 128 letters, digits and `._-`: see `RequestId::from_caller`.
        push_plain(out, key!(log::REQUEST_ID), request_id.as_bytes());
    }
    push_plain(out, key!(log::TRACE_ID), &trace_id.to_hex());
    push_plain(out, key!(log::SPAN_ID), &span_id.to_hex());
}

/// Appends a field whose text needs no escaping.
pub(super) fn push_plain(out: &mut Vec<u8>, key: &[u8], text: &[u8]) {
    out.extend_from_slice(key);
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Ends the message and the line.
pub(super) fn close(line: &mut Vec<u8>, tail: Tail<'_>) {
    let Tail { target, service, ids, context, event, spans, truncated } = tail;
    line.push(b'"');
    push_short(line, key!(log::TARGET), target, MAX_TARGET);
    for part in [service, ids, context, event, spans] {
        line.extend_from_slice(part);
    }
    push_end(line, truncated);
}

/// Ends a line.
pub(super) fn push_end(line: &mut Vec<u8>, truncated: bool) {
    if truncated {
        line.extend_from_slice(key!(log::TRUNCATED));
        line.extend_from_slice(b"true");
    }
    line.extend_from_slice(b"}\n");
}
