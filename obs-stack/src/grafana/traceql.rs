//! `TraceQL` of dashboards.

use obs_conventions::names::attribute;
use obs_rules::{definition::Service, promql::Expr};

use super::limits;

/// Requests that failed or took longer than promised.
pub(super) fn trouble(service: &Service) -> String {
    format!("{{ {} && (status = error || duration > {}) }}", of(service), slow_span(service))
}

/// Requests that took longer than promised.
pub(super) fn slow(service: &Service) -> String {
    format!("{{ {} && duration > {} }}", of(service), slow_span(service))
}

/// Requests to one endpoint.
pub(super) fn endpoint(service: &Service, method: &str, endpoint: &str) -> String {
    let (method, endpoint) = (Expr::string(method), Expr::string(endpoint));
    format!(
        "{{ {} && span.{} =~ {method} && (span.{} = {endpoint} || span.{} = {endpoint}) }}",
        of(service),
        attribute::HTTP_REQUEST_METHOD,
        attribute::HTTP_ROUTE,
        // Of a gRPC call, whose span has it in place of the route.
        attribute::RPC_METHOD
    )
}

fn of(service: &Service) -> String {
    format!("resource.{} = {}", attribute::SERVICE_NAME, Expr::string(&service.name))
}

fn slow_span(service: &Service) -> String {
    format!("{}ms", limits::slow(service).as_millis().max(1))
}
