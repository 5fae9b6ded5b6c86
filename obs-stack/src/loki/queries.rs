//! Saved queries.

use obs_conventions::names::log;
use obs_rules::definition::Service;

use super::{stream, stream_with};

/// A query that is worth keeping.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedQuery {
    /// What it answers.
    pub title: &'static str,
    /// The `LogQL`.
    pub logql: String,
}

/// The saved queries of a service.
#[must_use]
pub fn queries(service: &Service) -> Vec<SavedQuery> {
    let all = stream(service);
    let (duration, endpoint, outcome) = (log::DURATION, log::ENDPOINT, log::OUTCOME);
    let errors = stream_with(service, &[(log::LEVEL, "=", "error")]);
    // A histogram's quantile needs buckets, and log lines have none: the quantile of the values themselves.
    let quantile = format!(
        "quantile_over_time(0.99, {all} | json | unwrap duration({duration}) | __error__=\"\" [5m]) by ({endpoint})"
    );
    [
        ("lines that say ERROR", format!("{all} |= \"ERROR\"")),
        ("failed requests slower than a second", format!("{all} | json | level=\"error\" | {duration} > 1s")),
        ("lines by level", format!("sum(count_over_time({all}[5m])) by (level)")),
        ("99th percentile of the duration by endpoint, in seconds", quantile),
        ("errors and warnings", stream_with(service, &[(log::LEVEL, "=~", "error|warn")])),
        (
            "errors per second by endpoint",
            format!("sum by ({endpoint}) (rate({errors} | json | {endpoint} != \"\" [5m]))"),
        ),
        (
            "requests by how they ended",
            format!("sum by ({outcome}) (count_over_time({all} | json | {outcome} != \"\" [5m]))"),
        ),
        (
            "lines of one trace: put its id in",
            format!("{all} | {} = \"00000000000000000000000000000000\"", log::TRACE_ID),
        ),
        ("lines of one request: put its id in", format!("{all} | {} = \"put-the-id-in\"", log::REQUEST_ID)),
    ]
    .into_iter()
    .map(|(title, logql)| SavedQuery { title, logql })
    .collect()
}
