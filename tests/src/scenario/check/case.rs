//! One row's expectation and evidence.

use std::fmt::Debug;

use obs_core::request::known_method;

use super::{answer, line, metrics, record, span};
use crate::scenario::{Evidence, Expect, Scenario, Wire};

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub(in crate::scenario) struct Case<'a> {
    pub(in crate::scenario) row: &'a Scenario,
    pub(in crate::scenario) expect: &'a Expect,
    pub(in crate::scenario) wire: Wire,
    pub(in crate::scenario) evidence: &'a Evidence,
}

/// What is wrong, so far.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<String>);

/// Everything that is wrong.
pub(in crate::scenario) fn problems(case: &Case<'_>) -> Vec<String> {
    let mut problems = Problems::default();
    problems.holds(case.evidence.has_stopped, "the server has connections that don't end");
    metrics::check(case, &mut problems);
    line::check(case, &mut problems);
    span::check(case, &mut problems);
    record::check(case, &mut problems);
    answer::check(case, &mut problems);
    finished(case, &mut problems);
    for text in &case.expect.nowhere {
        problems.holds(!case.evidence.page.contains(text), &format!("{text:?} is on the page"));
        let on_a_line = case.evidence.lines.iter().any(|line| line.raw().contains(text));
        problems.holds(!on_a_line, &format!("{text:?} is on a line"));
    }
    for text in &case.expect.no_span_has {
        let on_a_span = case
            .evidence
            .spans
            .iter()
            .any(|span| format!("{span:?}").contains(text));
        problems.holds(!on_a_span, &format!("{text:?} is on a span"));
    }
    problems.0
}

fn finished(case: &Case<'_>, problems: &mut Problems) {
    let Case { expect, evidence, .. } = case;
    if expect.is_recorded {
        let expected = [(expect.outcome, expect.status, case.endpoint())];
        problems.same("what on_finish was told", &evidence.finished[..], &expected[..]);
    }
}

// === impl Case ===

impl Case<'_> {
    /// The endpoint as it must be recorded.
    pub(super) fn endpoint(&self) -> String {
        self.expect
            .endpoint
            .map_or_else(|| self.row.endpoint(), ToOwned::to_owned)
    }

    /// The method of line and span: from the closed set.
    pub(super) fn method(&self) -> &'static str {
        let asked = &*self.row.ask.method;
        let listed = self.row.settings.known_methods.as_ref();
        listed.map_or_else(
            || known_method(asked),
            |list| list.iter().find(|known| **known == asked).unwrap_or(&"_OTHER"),
        )
    }

    /// The method as it was sent, cut, if it is not in the set.
    pub(super) fn original_method(&self) -> Option<&str> {
        let asked = &*self.row.ask.method;
        (self.method() == "_OTHER").then(|| &asked[..asked.len().min(32)])
    }

    /// The method in labels.
    pub(super) fn method_label(&self) -> &'static str {
        self.expect.method.unwrap_or_else(|| self.method())
    }

    /// Trace and span id that the caller sent in its only `traceparent`.
    pub(super) fn parent(&self) -> Option<(&str, &str)> {
        let [only] = &self.row.ask.traceparent[..] else {
            return None;
        };
        let text = std::str::from_utf8(only).ok()?;
        Some((text.get(3..35)?, text.get(36..52)?))
    }

    /// Whether a line is written.
    pub(super) fn has_line(&self) -> bool {
        self.expect.has_line(&self.row.settings)
    }

    /// Whether a span is made.
    pub(super) fn has_span(&self) -> bool {
        self.expect.has_span(&self.row.settings)
    }
}

// === impl Problems ===

impl Problems {
    pub(super) fn holds(&mut self, holds: bool, problem: &str) {
        if !holds {
            self.0.push(problem.to_owned());
        }
    }

    pub(super) fn same<T: PartialEq<U> + Debug + ?Sized, U: Debug + ?Sized>(
        &mut self,
        what: &str,
        found: &T,
        expected: &U,
    ) {
        if found != expected {
            self.0.push(format!("{what} is {found:?}, expected {expected:?}"));
        }
    }
}
