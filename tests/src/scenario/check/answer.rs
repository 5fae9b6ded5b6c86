//! What the client got: observing must not change it, but for the request's id.

use obs_core::names::{header, log};

use super::case::{Case, Problems};
use crate::{
    net::Response,
    scenario::{Ids, Seen},
};

pub(super) fn check(case: &Case<'_>, problems: &mut Problems) {
    let Case { expect, evidence, .. } = case;
    let whole = match &evidence.seen {
        Seen::Answer(answer) => Some(answer.status),
        Seen::Part(_) | Seen::Cut(_) | Seen::Nothing => None,
    };
    problems.same("the status that the client got", &whole, &expect.answer);
    let Some(answer) = evidence.seen.head() else { return };
    check_echo(case, answer, problems);
    check_told(case, answer, problems);
    for (name, expected) in &expect.answer_headers {
        problems.same(&format!("header {name} of the answer"), &answer.header(name), expected);
    }
    if let Some(body) = expect.answer_body {
        problems.same(
            "the body of the answer",
            &String::from_utf8_lossy(&answer.body)[..],
            body,
        );
    }
}

fn check_echo(case: &Case<'_>, answer: &Response, problems: &mut Problems) {
    let echoed = answer.header(header::REQUEST_ID);
    match case.evidence.request_lines().next() {
        // What answers in place of a service that failed stands outside of the layer.
        Some(_) if case.expect.sends.is_none() => {}
        Some(line) => problems.same("the echoed request id", &echoed, &Some(line.str(log::REQUEST_ID))),
        None if case.expect.is_recorded && case.expect.ids == Ids::Off => {
            problems.same("the echoed request id", &echoed, &None::<&str>);
        }
        None => {}
    }
}

/// The ids in the response of a handler that returns them.
fn check_told(case: &Case<'_>, answer: &Response, problems: &mut Problems) {
    let (told, sent) = (answer.header("x-seen-trace-id"), answer.header("x-sent-traceparent"));
    if answer.body == b"told" {
        let has_context = case.expect.ids != Ids::Off || !case.expect.is_recorded;
        problems.same("whether the handler has a context", &told.is_some(), &has_context);
    }
    let Some(line) = case.evidence.request_lines().next() else {
        return;
    };
    let seen = [
        ("x-seen-request-id", log::REQUEST_ID),
        ("x-seen-trace-id", log::TRACE_ID),
        ("x-seen-span-id", log::SPAN_ID),
    ];
    for (name, key) in seen {
        if let Some(told) = answer.header(name) {
            problems.same(&format!("{key} in the handler"), told, line.str(key));
        }
    }
    let Some(sent) = sent else { return };
    let (trace, span, flags) = (sent.get(3..35), sent.get(36..52), sent.get(53..));
    problems.same("the trace that is sent on", &trace, &Some(line.str(log::TRACE_ID)));
    let is_sampled = flags
        .and_then(|flags| u8::from_str_radix(flags, 16).ok())
        .map(|flags| flags & 1 == 1);
    problems.same(
        "the sampled flag that is sent on",
        &is_sampled,
        &Some(case.expect.ids != Ids::Unsampled),
    );
    if case.has_span() {
        problems.same("the parent that is sent on", &span, &Some(line.str(log::SPAN_ID)));
    } else if let Some((_, parent)) = case.parent() {
        problems.holds(
            span != Some(parent),
            "the caller's span id is sent on as if it were ours",
        );
    }
}
