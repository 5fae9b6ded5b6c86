//! The canonical line as JSON.

use std::{ops::Range, time::Duration};

use super::{
    encoder::Encoder,
    escape::{Escaping, push_escaped},
    fields::{Duplicates, SLACK},
    ids::Ids,
    json::{self, key, push_end, push_plain, push_short, text_key},
    parts::MAX_LINE,
    request_line::RequestLine,
    request_start::{MAX_PATH, MAX_USER_AGENT, RequestStart},
    scratch::Scratch,
    timestamp::push_digits,
    value::{Value, push_count},
};
use crate::{context::RequestContext, names::log};

/// The most bytes that an error type has on a line; methods and protocols have fewer.
const MAX_WORD: usize = 256;
/// The most bytes that an endpoint has, each of the two times it is written.
const MAX_ENDPOINT: usize = 2 * 1_024;
/// The most bytes that message and place of a panic have, each.
const MAX_PANIC: usize = 8 * 1_024;
/// More than all fields of the request together need: context fields get the rest of the line.
const MAX_OWN: usize = MAX_PATH + MAX_USER_AGENT + 2 * MAX_ENDPOINT + 4 * MAX_WORD + 2 * MAX_PANIC + 1_024 + SLACK;

/// Writes the line to `scratch.line`.
pub(super) fn encode(
    encoder: &Encoder,
    scratch: &mut Scratch,
    start: &RequestStart,
    context: &RequestContext,
    request: &RequestLine<'_>,
) {
    let Scratch { line, ids: _, fields, stamp } = scratch;
    json::open(line, stamp, request.at, request.level);
    let (mut whole, endpoint) = push_message(line, request);
    line.extend_from_slice(&encoder.request_part);
    json::push_ids(line, Ids::of_request(context));

    let limit = (MAX_LINE - MAX_OWN).saturating_sub(line.len());
    context.with_fields(|all| {
        for (key, value) in all.iter().filter(|(key, _)| !request.has_key(key, start)) {
            fields.put(encoder.rules(), key, Value::from(value), limit, Duplicates::FirstWins);
        }
    });
    line.extend_from_slice(fields.as_bytes());

    push_plain(line, text_key!(log::METHOD), request.method.as_bytes());
    line.extend_from_slice(text_key!(log::ENDPOINT));
    line.extend_from_within(endpoint);
    line.push(b'"');
    line.extend_from_slice(start.path());
    push_result(line, request);
    push_plain(line, text_key!(log::PROTOCOL), request.protocol.as_bytes());
    line.extend_from_slice(start.client());
    whole &= push_failure(line, request);
    push_end(line, !whole || fields.is_truncated() || start.is_truncated());
}

/// Appends `GET /orders/{id} 200`, or `POST shop.Orders/Get NOT_FOUND`. Tells whether all of it fitted,
/// and where the endpoint stands.
fn push_message(line: &mut Vec<u8>, request: &RequestLine<'_>) -> (bool, Range<usize>) {
    line.extend_from_slice(request.method.as_bytes());
    line.push(b' ');
    let start = line.len();
    let whole = push_escaped(line, request.endpoint, start + MAX_ENDPOINT, Escaping::Json);
    let endpoint = start..line.len();
    line.push(b' ');
    match request.grpc_status {
        Some(status) => line.extend_from_slice(status.as_bytes()),
        None => push_count(line, request.status.into()),
    }
    (whole, endpoint)
}

fn push_result(line: &mut Vec<u8>, request: &RequestLine<'_>) {
    line.extend_from_slice(key!(log::STATUS));
    push_count(line, request.status.into());
    if let Some(status) = request.grpc_status {
        push_plain(line, text_key!(log::GRPC_STATUS), status.as_bytes());
    }
    push_plain(line, text_key!(log::OUTCOME), request.outcome.as_str().as_bytes());
    line.extend_from_slice(text_key!(log::DURATION));
    push_seconds(line, request.duration);
    line.extend_from_slice(b"s\"");
    line.extend_from_slice(key!(log::DURATION_MS));
    push_millis(line, request.duration);
    if let Some(head) = request.head {
        line.extend_from_slice(key!(log::HEAD_MS));
        push_millis(line, head);
    }
    for (key, bytes) in [
        (&key!(log::REQUEST_BYTES)[..], request.request_bytes),
        (&key!(log::RESPONSE_BYTES)[..], request.response_bytes),
    ] {
        if let Some(bytes) = bytes {
            line.extend_from_slice(key);
            push_count(line, bytes);
        }
    }
}

fn push_failure(line: &mut Vec<u8>, request: &RequestLine<'_>) -> bool {
    let mut whole = true;
    if let Some(error_type) = request.error_type {
        whole &= push_short(line, text_key!(log::ERROR_TYPE), error_type, MAX_WORD);
    }
    if let Some((message, location)) = request.panic {
        whole &= push_short(line, text_key!(log::PANIC_MESSAGE), message, MAX_PANIC);
        whole &= push_short(line, text_key!(log::PANIC_LOCATION), location, MAX_PANIC);
    }
    whole
}

/// Appends seconds with six decimals.
fn push_seconds(line: &mut Vec<u8>, duration: Duration) {
    push_count(line, duration.as_secs());
    line.push(b'.');
    push_digits::<6>(line, duration.subsec_micros().into());
}

/// Appends milliseconds with three decimals.
fn push_millis(line: &mut Vec<u8>, duration: Duration) {
    push_count(line, duration.as_secs().saturating_mul(1_000).saturating_add(duration.subsec_millis().into()));
    line.push(b'.');
    push_digits::<3>(line, (duration.subsec_micros() % 1_000).into());
}
