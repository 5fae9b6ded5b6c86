//! Names and labels by convention and side.

use std::borrow::Cow;

use obs_conventions::Convention;

use crate::names::{MetricDef, label, metric, semconv, value};

/// Whose requests are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::metrics) enum Side {
    Server,
    Client,
}

/// One of the metrics that a store feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::metrics) enum RedMetric {
    Requests,
    Duration,
    Errors,
    InFlight,
    InFlightMax,
    RequestSize,
    ResponseSize,
    StreamDuration,
}

/// The values of the labels for scheme and protocol version.
const SCHEMES: [&str; 2] = ["http", "https"];
const PROTOCOLS: [&str; 4] = ["1.0", "1.1", "2", "3"];

/// Names and labels of one side under one convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::metrics) struct Layout {
    pub(super) side: Side,
    pub(super) convention: Convention,
}

// === impl RedMetric ===

impl RedMetric {
    pub(super) const ALL: [Self; 8] = [
        Self::Requests,
        Self::Duration,
        Self::Errors,
        Self::InFlight,
        Self::InFlightMax,
        Self::RequestSize,
        Self::ResponseSize,
        Self::StreamDuration,
    ];
}

// === impl Layout ===

impl Layout {
    /// The definition of a metric, if there is such a one.
    pub(super) const fn def(self, of: RedMetric) -> Option<MetricDef> {
        use Convention::{OpenTelemetry, Prometheus};
        use Side::{Client, Server};
        Some(match (self.convention, self.side, of) {
            (Prometheus, Server, RedMetric::Requests) => metric::REQUESTS,
            (Prometheus, Server, RedMetric::Duration) => metric::REQUEST_DURATION,
            (Prometheus, Server, RedMetric::Errors) => metric::ERRORS,
            (Prometheus, Server, RedMetric::InFlight) => metric::IN_FLIGHT,
            (Prometheus, Server, RedMetric::InFlightMax) => metric::IN_FLIGHT_MAX,
            (Prometheus, Server, RedMetric::RequestSize) => metric::REQUEST_SIZE,
            (Prometheus, Server, RedMetric::ResponseSize) => metric::RESPONSE_SIZE,
            (Prometheus, Server, RedMetric::StreamDuration) => metric::STREAM_DURATION,
            (Prometheus, Client, RedMetric::Requests) => metric::CLIENT_REQUESTS,
            (Prometheus, Client, RedMetric::Duration) => metric::CLIENT_REQUEST_DURATION,
            (Prometheus, Client, RedMetric::Errors) => metric::CLIENT_ERRORS,
            (Prometheus, Client, RedMetric::InFlight) => metric::CLIENT_IN_FLIGHT,
            (OpenTelemetry, Server, RedMetric::Duration) => semconv::SERVER_REQUEST_DURATION,
            (OpenTelemetry, Server, RedMetric::InFlight) => semconv::SERVER_ACTIVE_REQUESTS,
            (OpenTelemetry, Server, RedMetric::RequestSize) => semconv::SERVER_REQUEST_BODY_SIZE,
            (OpenTelemetry, Server, RedMetric::ResponseSize) => semconv::SERVER_RESPONSE_BODY_SIZE,
            (OpenTelemetry, Server, RedMetric::StreamDuration) => semconv::SERVER_STREAM_DURATION,
            (OpenTelemetry, Client, RedMetric::Duration) => semconv::CLIENT_REQUEST_DURATION,
            (OpenTelemetry, Client, RedMetric::InFlight) => semconv::CLIENT_ACTIVE_REQUESTS,
            _ => return None,
        })
    }

    /// The labels of a route, the method first.
    pub(super) fn route_keys(self) -> &'static [&'static str] {
        match (self.convention, self.side) {
            (Convention::Prometheus, Side::Server) => &[label::METHOD, label::ENDPOINT],
            (Convention::Prometheus, Side::Client) => &[label::METHOD, label::HOST, label::TARGET],
            (Convention::OpenTelemetry, Side::Server) => &[label::HTTP_REQUEST_METHOD, label::HTTP_ROUTE],
            (Convention::OpenTelemetry, Side::Client) => &[
                label::HTTP_REQUEST_METHOD,
                label::SERVER_ADDRESS,
                label::SERVER_PORT,
                label::URL_TEMPLATE,
            ],
        }
    }

    /// The values of [`route_keys`](Self::route_keys) for a method, the endpoint (or host) and
    /// the target of a client.
    pub(super) fn route_values(
        self,
        method: &'static str,
        endpoint_or_host: &str,
        target: &str,
    ) -> Vec<Cow<'static, str>> {
        let owned = |text: &str| Cow::Owned(text.to_owned());
        let method = Cow::Borrowed(method);
        match (self.convention, self.side) {
            (Convention::Prometheus, Side::Server) => vec![method, owned(endpoint_or_host)],
            (Convention::Prometheus, Side::Client) => vec![method, owned(endpoint_or_host), owned(target)],
            (Convention::OpenTelemetry, Side::Server) => {
                let matched = if endpoint_or_host == value::UNMATCHED {
                    ""
                } else {
                    endpoint_or_host
                };
                vec![method, owned(matched)]
            }
            (Convention::OpenTelemetry, Side::Client) => {
                let (address, port) = split_port(endpoint_or_host);
                vec![method, owned(address), owned(port), owned(target)]
            }
        }
    }

    /// Closed lists of values that each request brings with it.
    pub(super) fn protocol_dimensions(self) -> Vec<(String, Vec<String>)> {
        let list = |key: &str, values: &[&str]| (key.to_owned(), values.iter().map(|v| (*v).to_owned()).collect());
        match self.convention {
            Convention::Prometheus => Vec::new(),
            Convention::OpenTelemetry => {
                vec![
                    list(label::URL_SCHEME, &SCHEMES),
                    list(label::NETWORK_PROTOCOL_VERSION, &PROTOCOLS),
                ]
            }
        }
    }

    /// Whether the gauge of active requests has this label of a route.
    pub(super) fn gauge_has(self, key: &str) -> bool {
        match self.def(RedMetric::InFlight) {
            Some(def) if self.convention == Convention::OpenTelemetry => def.labels.contains(&key),
            _ => true,
        }
    }

    pub(super) fn status_key(self) -> &'static str {
        match self.convention {
            Convention::Prometheus => label::STATUS,
            Convention::OpenTelemetry => label::HTTP_RESPONSE_STATUS_CODE,
        }
    }

    /// Whether durations have a label for the type of error.
    pub(super) fn duration_has_error_type(self) -> bool {
        self.convention == Convention::OpenTelemetry
    }

    /// Whether sizes of bodies have the same labels as durations.
    pub(super) fn sizes_have_status(self) -> bool {
        self.convention == Convention::OpenTelemetry
    }

    /// Whether a method has to prove itself before it is a label value: clients choose their own.
    pub(super) fn distrusts_methods(self) -> bool {
        self.side == Side::Server
    }
}

/// Host and port; an address in brackets keeps its colons.
fn split_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((address, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => (address, port),
        _ => (host, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_split_from_hosts() {
        assert_eq!(split_port("a.example:8080"), ("a.example", "8080"));
        assert_eq!(split_port("a.example"), ("a.example", ""));
        assert_eq!(split_port("[::1]:80"), ("[::1]", "80"));
        assert_eq!(split_port("[::1]"), ("[::1]", ""));
    }
}
