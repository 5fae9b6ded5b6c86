//! The record in the flight recorder: one, that says what the other signals say.

use obs_core::{recorder::Record, request::Outcome};

use super::case::{Case, Problems};
use crate::logs::LogLine;

/// Longer lines are left out, in bytes.
const MAX_LINE: usize = 8 * 1_024;
/// Longer texts of errors are cut, in bytes.
const MAX_ERROR: usize = 2 * 1_024;

pub(super) fn check(case: &Case<'_>, problems: &mut Problems) {
    let evidence = case.evidence;
    problems.same("the number of requests that still run", &evidence.running, &0);
    let is_recorded = case.has_line() || case.has_span();
    problems.same(
        "the number of records",
        &evidence.records.len(),
        &usize::from(is_recorded),
    );
    if is_recorded {
        problems.same(
            "the number of upgraded connections in the recorder",
            &evidence.upgrades,
            &usize::from(case.expect.upgraded.is_some()),
        );
    }
    let [record] = &evidence.records[..] else { return };
    check_result(case, record, problems);
    if let Some(line) = evidence.request_lines().next() {
        check_ids(line, record, problems);
    }
    check_lines(case, record, problems);
    check_children(case, record, problems);
}

fn check_result(case: &Case<'_>, record: &Record, problems: &mut Problems) {
    let expect = case.expect;
    problems.same("outcome of the record", &record.outcome, &expect.outcome);
    problems.same("status of the record", &record.status, &expect.status);
    problems.same("method of the record", &*record.method, case.method());
    problems.same("endpoint of the record", &*record.endpoint, &*case.endpoint());
    problems.same(
        "error_type of the record",
        &*record.error_type,
        expect.error_type.as_deref().unwrap_or_default(),
    );
    problems.same(
        "whether the record has a fingerprint",
        &(record.fingerprint != 0),
        &expect.error_type.is_some(),
    );
    if expect.error_type.is_some() {
        let error = expect.error.unwrap_or_default();
        let kept = &error[..error.len().min(MAX_ERROR)];
        problems.same("error of the record", &*record.error, kept);
    }
    if let Some(chain) = expect.error_chain {
        problems.same("error_source of the record", &*record.error_source, chain);
    }
    problems.same("request bytes of the record", &record.request_bytes, &expect.reads);
    problems.same(
        "response bytes of the record",
        &record.response_bytes,
        &expect.sends.unwrap_or(0),
    );
    let lasted = record.duration;
    problems.holds(
        lasted >= expect.lasts.0 && lasted < expect.lasts.1,
        &format!("the record lasted {lasted:?}"),
    );
    // One that was cancelled may never have been polled.
    let is_polled = record.polls > 0 || expect.outcome == Outcome::Cancelled;
    problems.holds(is_polled, "the record was never polled");
}

fn check_ids(line: &LogLine, record: &Record, problems: &mut Problems) {
    use obs_core::names::log;
    let ids = [
        (log::REQUEST_ID, record.request_id.clone()),
        (log::TRACE_ID, record.trace_id.to_string()),
        (log::SPAN_ID, record.span_id.to_string()),
    ];
    for (key, id) in ids {
        problems.same(&format!("{key} of the record"), &*id, line.str(key));
    }
}

/// The lines of the handler, in order.
fn check_lines(case: &Case<'_>, record: &Record, problems: &mut Problems) {
    let written = case
        .evidence
        .lines
        .iter()
        .filter(|line| !line.is_request_line() && line.get(obs_core::names::log::REQUEST_ID).is_some());
    let written = written.map(|line| line.raw().trim_end());
    let (written, left_out): (Vec<_>, Vec<_>) = written.partition(|line| line.len() < MAX_LINE);
    problems.same(
        "how many lines the record lacks",
        &record.left_out_lines,
        &u32::try_from(left_out.len()).unwrap_or(u32::MAX),
    );
    let recorded: Vec<_> = record.lines.iter().map(|line| &*line.text).collect();
    problems.same("the lines of the record", &recorded, &written);
}

/// Each child span that was exported is in the record, under the same parent.
fn check_children(case: &Case<'_>, record: &Record, problems: &mut Problems) {
    for span in case.evidence.spans.iter().filter(|span| !span.is_server) {
        let found = record
            .spans
            .iter()
            .find(|recorded| recorded.span_id.to_string() == span.span_id);
        let Some(found) = found else {
            problems.holds(false, &format!("the record lacks the span {:?}", span.name));
            continue;
        };
        problems.same("the name of a child in the record", &*found.name, &*span.name);
        let parent = found.parent_id.map(|id| id.to_string()).unwrap_or_default();
        problems.same("the parent of a child in the record", &*parent, &*span.parent_span_id);
    }
}
