//! What was promised, beside what came out.

use crate::{
    harness::{Does, Results},
    load::{Kind, Load, Parent},
    subjects::{SUBJECTS, Spec},
    table::{cost, row},
};

/// A promise: of a GET with a query, above the baseline.
struct Target {
    what: &'static str,
    subject: &'static str,
    parent: Parent,
    nanos: f64,
    allocations: f64,
}

const TARGETS: [Target; 5] = [
    Target {
        what: "axum, metrics",
        subject: "axum: obs, metrics",
        parent: Parent::None,
        nanos: 200.0,
        allocations: 0.0,
    },
    Target {
        what: "axum, metrics and line",
        subject: "axum: obs, metrics and line",
        parent: Parent::None,
        nanos: 450.0,
        allocations: 2.0,
    },
    Target {
        what: "axum, all three, sampled",
        subject: "axum: obs, all three",
        parent: Parent::Sampled,
        nanos: 1_300.0,
        allocations: 8.0,
    },
    Target {
        what: "axum, all three, unsampled",
        subject: "axum: obs, all three",
        parent: Parent::Unsampled,
        nanos: 600.0,
        allocations: 3.0,
    },
    Target {
        what: "actix-web, all three, sampled",
        subject: "actix: obs, all three",
        parent: Parent::Sampled,
        nanos: 1_500.0,
        allocations: 10.0,
    },
];

/// One row for each promise whose subject has been run.
pub fn table(text: &mut String, results: &Results) {
    let measured: Vec<_> = TARGETS.iter().filter_map(|target| target.cells(results)).collect();
    if measured.is_empty() {
        return;
    }
    let titles = ["what", "ns", "at most", "alloc.", "at most", "met", "quickest that records no more", "ns"];
    row(text, &titles.map(str::to_owned));
    row(text, &["---", "---:", "---:", "---:", "---:", "---", "---", "---:"].map(str::to_owned));
    measured.iter().for_each(|cells| row(text, cells));
    text.push('\n');
}

// === impl Target ===

impl Target {
    fn cells(&self, results: &Results) -> Option<[String; 8]> {
        let load = Load::Plain(Kind::Get, self.parent);
        let spec = SUBJECTS.iter().find(|spec| spec.name == self.subject)?;
        let ours = cost(results, spec, load)?;
        let met = ours.nanos <= self.nanos && ours.allocations <= self.allocations + 0.05;
        let others = SUBJECTS.iter().filter(|other| other.is_peer_of(spec) && other.does.is_within(spec.does));
        let others = others.filter_map(|other| Some((other.name, cost(results, other, load)?.nanos)));
        let (name, nanos) = match others.min_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((name, nanos)) => (name.to_owned(), format!("{nanos:.0}")),
            None => ("–".to_owned(), "–".to_owned()),
        };
        Some([
            self.what.to_owned(),
            format!("{:.0}", ours.nanos),
            self.nanos.to_string(),
            format!("{:.2}", ours.allocations),
            self.allocations.to_string(),
            if met { "yes" } else { "no" }.to_owned(),
            name,
            nanos,
        ])
    }
}

// === impl Does ===

impl Does {
    /// Whether all that this records is recorded there too.
    fn is_within(self, other: Self) -> bool {
        self.metrics <= other.metrics && self.lines <= other.lines && self.spans <= other.spans
    }
}

// === impl Spec ===

impl Spec {
    /// Whether this is another crate's, and stands on the same baseline.
    fn is_peer_of(&self, ours: &Self) -> bool {
        self.group == ours.group && self.is_peer()
    }
}
