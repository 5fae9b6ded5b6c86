//! `LogQL` of dashboards.

use obs_conventions::names::log;
use obs_rules::{definition::Service, promql::Expr};

use crate::loki::{stream, stream_with};

/// Lines in each step by level, all lines or those that pass `filter`.
pub(super) fn volume(service: &Service, filter: &str) -> String {
    format!("sum by (level) (count_over_time({}{filter} [$__auto]))", stream(service))
}

/// Lines of errors and warnings.
pub(super) fn trouble(service: &Service, filter: &str) -> String {
    format!("{}{filter}", stream_with(service, &[("level", "=~", "error|warn")]))
}

/// Keeps the lines of one endpoint.
pub(super) fn of_endpoint(method: &str, endpoint: &str) -> String {
    let (method, endpoint) = (Expr::string(method), Expr::string(endpoint));
    format!(" | json | {}=~{method} | {}={endpoint}", log::METHOD, log::ENDPOINT)
}

/// The lines of one endpoint.
pub(super) fn endpoint(service: &Service, method: &str, endpoint: &str) -> String {
    format!("{}{}", stream(service), of_endpoint(method, endpoint))
}
