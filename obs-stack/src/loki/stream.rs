//! Which log lines are meant.

use std::fmt::Write as _;

use obs_conventions::names::log;
use obs_rules::{definition::Service, promql::Expr};

/// The labels of a stream besides `service_name`: few values each, known beforehand.
pub(crate) const LABELS: [&str; 3] = ["job", log::ENV, log::LEVEL];

/// What a line is found by and must not become a label.
pub(crate) const METADATA: [&str; 3] = [log::TRACE_ID, log::SPAN_ID, log::REQUEST_ID];

/// All lines of a service.
pub(crate) fn stream(service: &Service) -> String {
    stream_with(service, &[])
}

/// The lines of a service whose labels match: key, operator, value.
pub(crate) fn stream_with(service: &Service, matchers: &[(&str, &str, &str)]) -> String {
    let mut text = format!("{{job={}", Expr::string(&service.name));
    for (label, op, value) in matchers {
        let _ = write!(text, ", {label}{op}{}", Expr::string(value));
    }
    text.push('}');
    text
}
