//! The canonical line: one, with exactly these keys.

use std::collections::BTreeSet;

use obs_core::names::log;

use super::case::{Case, Problems};
use crate::{
    logs::LogLine,
    scenario::{
        Ids,
        stage::{SERVICE, VERSION},
    },
};

pub(super) fn check(case: &Case<'_>, problems: &mut Problems) {
    let lines: Vec<_> = case.evidence.request_lines().collect();
    problems.same(
        "the number of canonical lines",
        &lines.len(),
        &usize::from(case.has_line()),
    );
    let [line] = lines[..] else { return };
    let keys: BTreeSet<_> = line.keys().collect();
    problems.same("the keys of the line", &keys, &expected_keys(case));
    check_words(case, line, problems);
    check_numbers(case, line, problems);
    check_ids(case, line, problems);
    for (key, value) in &case.expect.recorded {
        problems.same(&format!("{key} of the line"), line.str(key), *value);
    }
    for text in &case.expect.line_has {
        problems.holds(line.raw().contains(text), &format!("the line has no {text}"));
    }
    let others = case.evidence.lines.iter().filter(|other| !other.is_request_line());
    for other in others.filter(|other| other.get(log::REQUEST_ID).is_some()) {
        for id in [log::REQUEST_ID, log::TRACE_ID] {
            problems.same(&format!("{id} of an event"), other.str(id), line.str(id));
        }
    }
}

fn expected_keys(case: &Case<'_>) -> BTreeSet<&'static str> {
    let Case { row, expect, .. } = case;
    let mut keys = BTreeSet::from([
        log::TIMESTAMP,
        log::LEVEL,
        log::SEVERITY,
        log::MESSAGE,
        log::TARGET,
        log::SERVICE,
        log::VERSION,
        log::REQUEST_ID,
        log::TRACE_ID,
        log::SPAN_ID,
        log::METHOD,
        log::ENDPOINT,
        log::PATH,
        log::STATUS,
        log::OUTCOME,
        log::DURATION,
        log::DURATION_MS,
        log::PROTOCOL,
    ]);
    let has_head = expect.sends.is_some();
    let optional = [
        (expect.has_peer, log::CLIENT_ADDRESS),
        (case.original_method().is_some(), log::METHOD_ORIGINAL),
        (has_head, log::HEAD_MS),
        (has_head, log::RESPONSE_BYTES),
        (expect.reads.is_some(), log::REQUEST_BYTES),
        (row.ask.values("user-agent").next().is_some(), log::USER_AGENT),
        (expect.error_type.is_some(), log::ERROR_TYPE),
        (expect.error.is_some(), log::ERROR),
        (expect.error_chain.is_some(), log::ERROR_CHAIN),
        (expect.has_place, log::ERROR_LOCATION),
        (expect.line_has.contains(&"\"truncated\":true"), log::TRUNCATED),
    ];
    keys.extend(
        optional
            .into_iter()
            .filter(|(is_there, _)| *is_there)
            .map(|(_, key)| key),
    );
    keys.extend(expect.recorded.iter().map(|(key, _)| *key));
    keys
}

fn check_words(case: &Case<'_>, line: &LogLine, problems: &mut Problems) {
    let Case { row, expect, wire, .. } = case;
    let (endpoint, level) = (case.endpoint(), expect.level_name());
    let severity = level.to_ascii_uppercase();
    let words = [
        (log::LEVEL, &*level),
        (log::SEVERITY, &*severity),
        (log::SERVICE, SERVICE),
        (log::VERSION, VERSION),
        (log::METHOD, case.method()),
        (log::ENDPOINT, &*endpoint),
        (log::OUTCOME, expect.outcome.as_str()),
        (log::PROTOCOL, wire.protocol()),
    ];
    let peer = expect.has_peer.then_some((log::CLIENT_ADDRESS, "127.0.0.1"));
    let path = (row.ask.path().len() < 1_024).then_some((log::PATH, row.ask.path()));
    let error_type = expect.error_type.as_deref().map(|word| (log::ERROR_TYPE, word));
    let error = expect.error.map(|message| (log::ERROR, message));
    let chain = expect.error_chain.map(|texts| (log::ERROR_CHAIN, texts));
    let original = case.original_method().map(|method| (log::METHOD_ORIGINAL, method));
    for (key, expected) in words
        .into_iter()
        .chain(original)
        .chain(peer)
        .chain(path)
        .chain(error_type)
        .chain(error)
        .chain(chain)
    {
        problems.same(&format!("{key} of the line"), line.str(key), expected);
    }
}

fn check_numbers(case: &Case<'_>, line: &LogLine, problems: &mut Problems) {
    let expect = case.expect;
    problems.same(
        "status of the line",
        &line.number(log::STATUS),
        &f64::from(expect.status),
    );
    for (key, bytes) in [(log::REQUEST_BYTES, expect.reads), (log::RESPONSE_BYTES, expect.sends)] {
        let found = line.get(key).and_then(serde_json::Value::as_u64);
        problems.same(&format!("{key} of the line"), &found, &bytes);
    }
    let duration_ms = line.number(log::DURATION_MS);
    let least = expect.streams.unwrap_or(expect.lasts.0).as_secs_f64() * 1e3;
    let most = expect.lasts.1.as_secs_f64() * 1e3;
    problems.holds(
        (least..most).contains(&duration_ms),
        &format!("the line says {duration_ms} ms, not {least}"),
    );
    let seconds = line
        .str(log::DURATION)
        .strip_suffix('s')
        .and_then(|seconds| seconds.parse::<f64>().ok());
    let agrees = seconds.is_some_and(|seconds| (seconds * 1e3 - duration_ms).abs() < 0.002);
    problems.holds(
        agrees,
        &format!("duration {:?} isn't {duration_ms} ms", line.get(log::DURATION)),
    );
    if let Some(head_ms) = line.get(log::HEAD_MS).and_then(serde_json::Value::as_f64) {
        problems.holds(
            head_ms <= duration_ms,
            &format!("the head came after {head_ms} ms of {duration_ms}"),
        );
    }
}

fn check_ids(case: &Case<'_>, line: &LogLine, problems: &mut Problems) {
    let (trace_id, span_id) = (line.str(log::TRACE_ID), line.str(log::SPAN_ID));
    let is_hex =
        |id: &str, digits| id.len() == digits && id.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f'));
    problems.holds(
        is_hex(trace_id, 32) && is_hex(span_id, 16),
        "the ids on the line are no ids",
    );
    if let Some((parent_trace, parent_span)) = case.parent() {
        let continues = matches!(case.expect.ids, Ids::Continued | Ids::Unsampled);
        problems.same(
            "whether the line has the caller's trace",
            &(trace_id == parent_trace),
            &continues,
        );
        problems.holds(span_id != parent_span, "the line has the caller's span id");
    }
    let request_id = line.str(log::REQUEST_ID);
    match case.expect.request_id {
        Some(id) => problems.same("request_id of the line", request_id, id),
        None => problems.holds(is_uuid_v7(request_id), &format!("{request_id:?} is no UUIDv7")),
    }
}

fn is_uuid_v7(id: &str) -> bool {
    id.len() == 36
        && id.chars().enumerate().all(|(at, character)| match at {
            8 | 13 | 18 | 23 => character == '-',
            14 => character == '7',
            19 => matches!(character, '8' | '9' | 'a' | 'b'),
            _ => matches!(character, '0'..='9' | 'a'..='f'),
        })
}
