//! JSON lines.

use std::time::Duration;

use obs_base::ServiceInfo;
use tracing_core::Level;

use super::{
    escape::{Escaping, push_escaped},
    ids::Ids,
    line_buffer::Sink,
    parts::{MAX_SERVICE, MAX_TARGET, Tail, level_index},
    timestamp::Stamp,
};
use crate::{
    context::{RequestId, SpanId, TraceId},
    names::log,
};

/// `,"key":` as bytes, made when compiling.
macro_rules! key {
    ($name:expr) => {{
        const KEY: [u8; $name.len() + 4] = $crate::logs::json::key_bytes("", $name, "");
        &KEY
    }};
    // With what ends the field before.
    ($before:literal, $name:expr) => {{
        const KEY: [u8; $before.len() + $name.len() + 4] = $crate::logs::json::key_bytes($before, $name, "");
        &KEY
    }};
}
pub(super) use key;

/// `,"key":"` as bytes, made when compiling: the start of a field that is text.
macro_rules! text_key {
    ($name:expr) => {{
        const KEY: [u8; $name.len() + 5] = $crate::logs::json::key_bytes("", $name, "\"");
        &KEY
    }};
    ($before:literal, $name:expr) => {{
        const KEY: [u8; $before.len() + $name.len() + 5] = $crate::logs::json::key_bytes($before, $name, "\"");
        &KEY
    }};
}
pub(super) use text_key;

/// See [`key!`] and [`text_key!`].
pub(super) const fn key_bytes<const N: usize>(before: &str, name: &str, after: &str) -> [u8; N] {
    let parts = [before, ",\"", name, "\":", after];
    let (mut out, mut len, mut part) = ([0; N], 0, 0);
    while part < parts.len() {
        let bytes = parts[part].as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            out[len] = bytes[at];
            (len, at) = (len + 1, at + 1);
        }
        part += 1;
    }
    out
}

/// `,"level":"info","severity":"INFO","message":"` for each level, by [`level_index`].
pub(super) fn level_part(level: Level) -> &'static [u8] {
    /// The values of the two keys.
    const NAMES: [(&str, &str); 5] = [
        ("trace", "TRACE"),
        ("debug", "DEBUG"),
        ("info", "INFO"),
        ("warn", "WARN"),
        ("error", "ERROR"),
    ];
    static PARTS: std::sync::LazyLock<[Vec<u8>; 5]> = std::sync::LazyLock::new(|| {
        NAMES.map(|(level, severity)| {
            format!(
                "\",\"{}\":\"{level}\",\"{}\":\"{severity}\",\"{}\":\"",
                log::LEVEL,
                log::SEVERITY,
                log::MESSAGE
            )
            .into_bytes()
        })
    });
    &PARTS[level_index(level)]
}

/// Starts a line, up to the end of its stamp: a [`level_part`] comes next.
#[inline]
pub(super) fn open(line: &mut impl Sink, stamp: &mut Stamp, at: Duration) {
    // A first field follows a brace and no comma.
    const START: [u8; log::TIMESTAMP.len() + 5] = {
        let mut start = *text_key!(log::TIMESTAMP);
        start[0] = b'{';
        start
    };
    line.put(&START);
    stamp.push_micros(line, at);
}

/// The fields of the service, which every line has: name, version, environment.
pub(super) fn service_part(service: &ServiceInfo) -> Vec<u8> {
    let mut out = Vec::new();
    push_short(&mut out, text_key!(log::SERVICE), &service.name, MAX_SERVICE);
    let others = [
        (&text_key!(log::VERSION)[..], &service.version),
        (&text_key!(log::ENV)[..], &service.environment),
    ];
    for (key, value) in others {
        if let Some(value) = value {
            push_short(&mut out, key, value, MAX_SERVICE);
        }
    }
    out
}

/// The end of the message of a request's line, its target, and the fields of the service.
pub(super) fn request_part(service_part: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    push_plain(&mut out, text_key!(log::TARGET), log::REQUEST_TARGET.as_bytes());
    out.extend_from_slice(service_part);
    out
}

/// Appends a field whose text has at most `max` bytes. True if all of it fitted.
#[inline]
pub(super) fn push_short(out: &mut Vec<u8>, text_key: &[u8], text: &str, max: usize) -> bool {
    out.extend_from_slice(text_key);
    let limit = out.len() + max;
    let whole = push_escaped(out, text, limit, Escaping::Json);
    out.push(b'"');
    whole
}

#[inline]
pub(super) fn push_ids(out: &mut impl Sink, ids: Ids<'_>) {
    let Ids {
        request,
        trace,
        span,
        sampled: _,
    } = ids;
    if let Some(request) = request {
        out.put(text_key!(log::REQUEST_ID));
        push_request_id(out, request);
    }
    push_trace(out, trace, span);
}

/// Appends the id of a request and the quote after it.
#[inline]
pub(super) fn push_request_id(out: &mut impl Sink, id: &[u8]) {
    // At most 128 letters, digits and `._-`: see `RequestId::from_caller`.
    match <&[u8; RequestId::USUAL_LEN]>::try_from(id) {
        Ok(usual) => out.put(usual),
        Err(_) => out.put_all(id),
    }
    out.put(b"\"");
}

#[inline]
pub(super) fn push_trace(out: &mut impl Sink, trace: TraceId, span: SpanId) {
    out.put(text_key!(log::TRACE_ID));
    out.fill(|place| trace.put_hex(place));
    out.put(b"\"");
    out.put(text_key!(log::SPAN_ID));
    out.fill(|place| span.put_hex(place));
    out.put(b"\"");
}

/// Appends a field whose text needs no escaping.
#[inline]
pub(super) fn push_plain<const N: usize>(out: &mut impl Sink, text_key: &[u8; N], text: &[u8]) {
    out.put(text_key);
    out.put_all(text);
    out.put(b"\"");
}

/// Ends the message and the line.
pub(super) fn close(line: &mut Vec<u8>, tail: Tail<'_>) {
    line.push(b'"');
    push_short(line, text_key!(log::TARGET), tail.target, MAX_TARGET);
    tail.push_fields(line);
    push_end(line, tail.truncated);
}

/// Ends a line.
#[inline]
pub(super) fn push_end(line: &mut impl Sink, truncated: bool) {
    if truncated {
        line.put(key!(log::TRUNCATED));
        line.put(b"true");
    }
    line.put(b"}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_with_their_punctuation() {
        assert_eq!(key!(log::STATUS), b",\"status\":");
        assert_eq!(text_key!(log::PATH), b",\"path\":\"");
        assert_eq!(key!("s\"", log::STATUS), b"s\",\"status\":");
        assert_eq!(text_key!("\"", log::PATH), b"\",\"path\":\"");
    }
}
