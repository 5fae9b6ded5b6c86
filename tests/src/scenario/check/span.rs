//! The server span: one, as the HTTP conventions want it.

use obs_core::{
    names::{attribute, log, value},
    request::Outcome,
};

use super::case::{Case, Problems};
use crate::scenario::{Ids, SeenSpan, span::Attribute, stage::SERVICE};

/// The longest text of an attribute.
const MAX_VALUE: usize = 4_096;

pub(super) fn check(case: &Case<'_>, problems: &mut Problems) {
    let spans: Vec<_> = case.evidence.server_spans().collect();
    problems.same(
        "the number of server spans",
        &spans.len(),
        &usize::from(case.has_span()),
    );
    let [span] = spans[..] else { return };
    check_place(case, span, problems);
    check_request(case, span, problems);
    check_result(case, span, problems);
    check_children(case, span, problems);
}

fn check_place(case: &Case<'_>, span: &SeenSpan, problems: &mut Problems) {
    let name = match (case.method(), case.endpoint()) {
        (value::OTHER, endpoint) if endpoint == value::UNMATCHED => "HTTP".to_owned(),
        (value::OTHER, endpoint) => format!("HTTP {endpoint}"),
        (method, endpoint) if endpoint == value::UNMATCHED => method.to_owned(),
        (method, endpoint) => format!("{method} {endpoint}"),
    };
    problems.same("the span's name", &span.name, &name);
    if let Some((_, service)) = &span.received {
        problems.same("the service that sent the span", &**service, SERVICE);
    }
    if let Some((trace, parent)) = case.parent() {
        let link = (trace.to_owned(), parent.to_owned());
        let (parent, links) = match case.expect.ids {
            Ids::Continued => (parent, vec![]),
            Ids::Linked => ("", vec![link]),
            _ => ("", vec![]),
        };
        problems.same("the span's parent", &*span.parent_span_id, parent);
        problems.same("the span's links", &span.links, &links);
    } else {
        problems.same("the span's parent", &*span.parent_span_id, "");
    }
    if let Some(line) = case.evidence.request_lines().next() {
        problems.same("trace_id of the line", line.str(log::TRACE_ID), &*span.trace_id);
        problems.same("span_id of the line", line.str(log::SPAN_ID), &*span.span_id);
    }
}

fn check_request(case: &Case<'_>, span: &SeenSpan, problems: &mut Problems) {
    let Case { row, expect, wire, .. } = case;
    let peer = expect.has_peer.then_some("127.0.0.1");
    let endpoint = Some(case.endpoint()).filter(|endpoint| endpoint != value::UNMATCHED);
    let original = case.original_method();
    let query = row.ask.target.split_once('?').map(|(_, query)| query);
    let texts = [
        (attribute::HTTP_REQUEST_METHOD, Some(case.method())),
        (attribute::HTTP_REQUEST_METHOD_ORIGINAL, original),
        (attribute::HTTP_ROUTE, endpoint.as_deref()),
        (attribute::URL_PATH, Some(row.ask.path())),
        (attribute::URL_QUERY, query),
        (attribute::URL_SCHEME, Some("http")),
        (attribute::NETWORK_PROTOCOL_VERSION, Some(wire.version())),
        (attribute::CLIENT_ADDRESS, peer),
        (attribute::NETWORK_PEER_ADDRESS, peer),
    ];
    for (key, expected) in texts {
        problems.same(&format!("{key} of the span"), &span.text(key), &expected);
    }
    let has_port = span.int(attribute::NETWORK_PEER_PORT).is_some();
    problems.same(
        "whether the span has the peer's port as an integer",
        &has_port,
        &expect.has_peer,
    );
    if row.ask.values("host").next().is_none() {
        problems.same(
            "server.address of the span",
            &span.text(attribute::SERVER_ADDRESS),
            &Some("127.0.0.1"),
        );
        problems.holds(
            span.int(attribute::SERVER_PORT).is_some(),
            "server.port is no integer on the span",
        );
    }
    if let Some(agent) = row
        .ask
        .values("user-agent")
        .next()
        .and_then(|agent| std::str::from_utf8(agent).ok())
    {
        let shown = agent.get(..MAX_VALUE).unwrap_or(agent);
        problems.same(
            "the span's user agent",
            &span.text(attribute::USER_AGENT_ORIGINAL),
            &Some(shown),
        );
        let is_marked = span.attributes.contains_key(attribute::OBS_TRUNCATED);
        problems.holds(
            shown == agent || is_marked,
            "the span doesn't say that something was cut",
        );
    }
}

fn check_result(case: &Case<'_>, span: &SeenSpan, problems: &mut Problems) {
    let Case { expect, evidence, .. } = case;
    let was_sent = expect.sends.is_some() || expect.outcome == Outcome::ServerError;
    let code = was_sent.then(|| Attribute::Int(expect.status.into()));
    problems.same(
        "the span's status code",
        &span.attributes.get(attribute::HTTP_RESPONSE_STATUS_CODE),
        &code.as_ref(),
    );
    let status = if expect.outcome.is_error() { "error" } else { "unset" };
    problems.same("the span's status", span.status, status);
    problems.same(
        "the span's error.type",
        &span.text(attribute::ERROR_TYPE),
        &expect.error_type.as_deref(),
    );
    for (key, value) in &expect.recorded {
        problems.same(&format!("{key} of the span"), &span.text(key), &Some(*value));
    }
    check_exceptions(case, span, problems);
    let Some(line) = evidence.request_lines().next() else {
        return;
    };
    // Both end at the last byte: the line says it in microseconds.
    let (span_ms, line_ms) = (span.duration.as_secs_f64() * 1e3, line.number(log::DURATION_MS));
    problems.holds(
        (span_ms - line_ms).abs() < 0.01,
        &format!("the span took {span_ms} ms, the line {line_ms} ms"),
    );
}

/// The error behind the failure is an event of the span, once.
fn check_exceptions(case: &Case<'_>, span: &SeenSpan, problems: &mut Problems) {
    let expect = case.expect;
    if !expect.outcome.is_error() {
        // What a handler records is its own.
        return;
    }
    let exceptions: Vec<_> = span
        .events
        .iter()
        .filter(|(name, _)| name == attribute::EXCEPTION_EVENT)
        .map(|(_, attributes)| attributes)
        .collect();
    problems.same(
        "the number of exceptions of the span",
        &exceptions.len(),
        &usize::from(expect.error.is_some()),
    );
    let [exception] = exceptions[..] else { return };
    let text = |key: &str| match exception.get(key) {
        Some(Attribute::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    problems.same(
        "the message of the span's exception",
        &text(attribute::EXCEPTION_MESSAGE),
        &expect.error,
    );
    problems.same(
        "whether the span's exception has sources",
        &text(attribute::EXCEPTION_STACKTRACE).is_some(),
        &expect.error_chain.is_some(),
    );
    if let Some(class) = expect.error_class {
        let named = text(attribute::EXCEPTION_TYPE).is_some_and(|name| name.ends_with(class));
        problems.holds(named, &format!("the span's exception is no {class}"));
    }
    problems.same(
        "whether the span's exception has a place",
        &exception.contains_key(attribute::CODE_LINE_NUMBER),
        &expect.has_place,
    );
}

/// Every other span lies below the server span.
fn check_children(case: &Case<'_>, server: &SeenSpan, problems: &mut Problems) {
    let all = &case.evidence.spans;
    for span in all.iter().filter(|span| !span.is_server) {
        problems.same(
            &format!("the trace of span {:?}", span.name),
            &span.trace_id,
            &server.trace_id,
        );
        let has_parent = all.iter().any(|parent| parent.span_id == span.parent_span_id);
        problems.holds(
            has_parent,
            &format!("span {:?} has a parent that is not there", span.name),
        );
    }
}
