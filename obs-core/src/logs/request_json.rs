//! The canonical line as JSON.

use super::{
    duration::{push_millis, push_seconds},
    fields::{Duplicates, SLACK},
    json::{self, key, push_end, push_plain, push_short, text_key},
    line_buffer::{LineBuffer, Sink, with_room},
    line_template::{LineTemplate, MAX_ENDPOINT},
    output::Output,
    parts::{MAX_IDS, MAX_LINE},
    request_line::RequestLine,
    request_start::{MAX_PATH, MAX_USER_AGENT, RequestStart},
    scratch::Scratch,
    timestamp::Stamp,
    value::{MAX_WORD, Value, push_count},
};
use crate::{
    context::{Parts, RequestContext, RequestId},
    names::log,
};

/// The most bytes that the text of an error and that of its sources have on a line, each.
pub(super) const MAX_ERROR: usize = 8 * 1_024;
/// The most bytes that the place of an error has on a line.
pub(super) const MAX_PLACE: usize = 1_024;
/// More than everything but the context fields needs: they get the rest of the line.
const MAX_OWN: usize =
    MAX_PATH + MAX_USER_AGENT + 2 * MAX_ENDPOINT + 4 * MAX_WORD + 2 * MAX_ERROR + MAX_PLACE + 1_024 + MAX_IDS + SLACK;

/// What is not in the template, and not in the figures.
struct Variable<'a> {
    start: &'a RequestStart,
    context: &'a RequestContext,
    fields: &'a [u8],
    failure: &'a [u8],
    is_truncated: bool,
}

/// Puts the line together in `scratch.room`, and returns it.
pub(super) fn encode<'a>(
    output: &Output,
    scratch: &'a mut Scratch,
    start: &RequestStart,
    context: &RequestContext,
    request: &RequestLine<'_>,
) -> &'a [u8] {
    let encoder = &output.encoder;
    let Scratch {
        line: _,
        at: _,
        room,
        ids: failure,
        fields,
        stamp,
        templates,
    } = scratch;
    let limit = (MAX_LINE - MAX_OWN).saturating_sub(encoder.request_part.len() + encoder.constants.len());
    context.with_fields(|all| {
        for (key, value) in all.iter().filter(|(key, _)| !request.has_key(key, start)) {
            fields.put(encoder.rules(), key, Value::from(value), limit, Duplicates::FirstWins);
        }
    });
    encoder.constants.append_to(fields, limit);
    let is_whole = push_failure(failure, request);
    let template = templates.of(request.template_key(output.id), &encoder.request_part, request.endpoint);
    let is_truncated = !is_whole || template.is_truncated || fields.is_truncated() || start.is_truncated();
    let variable = Variable {
        start,
        context,
        fields: fields.as_bytes(),
        failure,
        is_truncated,
    };
    with_room(room, |line| put_line(line, stamp, template, &variable, request))
}

// Not a part of the loop around it, where the compiler would work out all digits beforehand.
#[inline(never)]
fn put_line(
    line: &mut LineBuffer<'_>,
    stamp: &mut Stamp,
    template: &LineTemplate,
    variable: &Variable<'_>,
    request: &RequestLine<'_>,
) {
    json::open(line, stamp, request.at);
    line.put_all(&template.head);
    push_ids(line, variable.context);
    if !variable.fields.is_empty() {
        line.put_all(variable.fields);
    }
    line.put_all(&template.place);
    line.put_all(variable.start.path());
    line.put_all(&template.result);
    push_measures(line, request);
    push_plain(line, text_key!(log::PROTOCOL), request.protocol.as_bytes());
    line.put_all(variable.start.client());
    if !variable.failure.is_empty() {
        line.put_all(variable.failure);
    }
    push_end(line, variable.is_truncated);
}

/// Appends the ids, after the key of the first one.
#[inline]
fn push_ids(line: &mut LineBuffer<'_>, context: &RequestContext) {
    const TRACE_ID: &[u8] = text_key!("\"", log::TRACE_ID);
    const SPAN_ID: &[u8] = text_key!("\"", log::SPAN_ID);
    const TRACE: usize = RequestId::USUAL_LEN + TRACE_ID.len();
    const SPAN: usize = TRACE + 32 + SPAN_ID.len();
    let Parts {
        request_id,
        trace_id,
        span_id,
        ..
    } = context.parts();
    let Ok(usual) = <&[u8; RequestId::USUAL_LEN]>::try_from(request_id.as_bytes()) else {
        json::push_request_id(line, request_id.as_bytes());
        return json::push_trace(line, *trace_id, *span_id);
    };
    // Of a constant length, so that there is one question for room.
    line.fill(|place: &mut [u8; SPAN + 16 + 1]| {
        place[..usual.len()].copy_from_slice(usual);
        place[usual.len()..TRACE].copy_from_slice(TRACE_ID);
        place[TRACE..TRACE + 32].copy_from_slice(&trace_id.to_hex());
        place[TRACE + 32..SPAN].copy_from_slice(SPAN_ID);
        place[SPAN..SPAN + 16].copy_from_slice(&span_id.to_hex());
        place[SPAN + 16] = b'"';
    });
}

/// Appends the duration, after its key, and the size of the response.
#[inline]
fn push_measures(line: &mut LineBuffer<'_>, request: &RequestLine<'_>) {
    push_seconds(line, request.duration);
    line.put(key!("s\"", log::DURATION_MS));
    push_millis(line, request.duration);
    if let Some(head) = request.head {
        line.put(key!(log::HEAD_MS));
        push_millis(line, head);
    }
    if let Some(bytes) = request.request_bytes {
        line.put(key!(log::REQUEST_BYTES));
        push_count(line, bytes);
    }
    if let Some(bytes) = request.response_bytes {
        line.put(key!(log::RESPONSE_BYTES));
        push_count(line, bytes);
    }
}

/// What few lines have. Tells whether all of it fitted.
fn push_failure(out: &mut Vec<u8>, request: &RequestLine<'_>) -> bool {
    let mut whole = true;
    if let Some(method) = request.method_original {
        whole &= push_short(out, text_key!(log::METHOD_ORIGINAL), method, MAX_WORD);
    }
    if let Some(error_type) = request.error_type {
        whole &= push_short(out, text_key!(log::ERROR_TYPE), error_type, MAX_WORD);
    }
    if let Some(failure) = request.failure {
        whole &= push_short(out, text_key!(log::ERROR), failure.message(), MAX_ERROR);
        if let Some(chain) = failure.chain() {
            whole &= push_short(out, text_key!(log::ERROR_CHAIN), &chain, MAX_ERROR);
        }
        if let Some(location) = failure.location() {
            whole &= push_short(out, text_key!(log::ERROR_LOCATION), location, MAX_PLACE);
        }
    }
    whole
}
