//! Whose names the RED metrics have.

/// What RED metrics and their labels are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Convention {
    /// `http_requests_total{method, endpoint, status, outcome}` and its companions, see
    /// [`names::metric`](crate::names::metric).
    #[default]
    Prometheus,
    /// `http_server_request_duration_seconds{http_request_method, http_route, …}`, see
    /// [`names::semconv`](crate::names::semconv). It knows no namespace, and its counters are the
    /// counts of the duration.
    OpenTelemetry,
}
