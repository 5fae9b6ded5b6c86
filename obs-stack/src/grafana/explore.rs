//! Links to dashboards and to Explore, with LogQL and TraceQL queries.

use std::fmt::Write as _;

use obs_conventions::names::{attribute, log};
use obs_rules::{definition::Service, promql::Expr};
use serde_json::{Value, json};

use super::{
    model::{DataLink, DataSource},
    thresholds,
};
use crate::loki::{stream, stream_with};

/// A link to a dashboard, with the same time range and data sources.
pub(super) fn dashboard_link(title: &str, uid: &str, variables: &[(&str, &str)]) -> DataLink {
    let mut url = format!("/d/{uid}?${{__url_time_range}}");
    for source in ["prometheus_datasource", "loki_datasource", "tempo_datasource"] {
        let _ = write!(url, "&${{{source}:queryparam}}");
    }
    for (name, value) in variables {
        let _ = write!(url, "&var-{name}={value}");
    }
    DataLink {
        title: title.to_owned(),
        url,
        target_blank: false,
    }
}

/// A link to log lines in Explore.
pub(super) fn logs_link(title: &str, query: &str) -> DataLink {
    explore(title, DataSource::LOKI, json!({ "expr": query, "queryType": "range" }))
}

/// A link to traces in Explore.
pub(super) fn traces_link(title: &str, query: &str) -> DataLink {
    explore(
        title,
        DataSource::TEMPO,
        json!({ "query": query, "queryType": "traceql" }),
    )
}

/// A link to a query in Explore.
fn explore(title: &str, source: DataSource, mut query: Value) -> DataLink {
    query["refId"] = "A".into();
    query["datasource"] = json!({ "type": source.kind, "uid": source.uid });
    let range = json!({ "from": "${__from}", "to": "${__to}" });
    let panes = json!({ "a": { "datasource": source.uid, "queries": [query], "range": range } });
    let url = format!("/explore?schemaVersion=1&panes={}", encode(&panes.to_string()));
    DataLink {
        title: title.to_owned(),
        url,
        target_blank: true,
    }
}

/// Percent-encodes everything but Grafana's variables, which Grafana replaces later.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, variable) = rest.split_at(at);
        let end = variable.find('}').map_or(variable.len(), |end| end + 1);
        push(&mut encoded, before);
        encoded.push_str(&variable[..end]);
        rest = &variable[end..];
    }
    push(&mut encoded, rest);
    encoded
}

/// Appends percent-encoded text.
fn push(encoded: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
}

/// LogQL: the number of lines by level, of all lines or of those that pass `filter`.
pub(super) fn log_volume(service: &Service, filter: &str) -> String {
    format!(
        "sum by (level) (count_over_time({}{filter} [$__auto]))",
        stream(service)
    )
}

/// LogQL: lines of level `error` or `warn` that pass `filter`.
pub(super) fn error_lines(service: &Service, filter: &str) -> String {
    format!("{}{filter}", stream_with(service, &[("level", "=~", "error|warn")]))
}

/// A LogQL filter for the lines of one endpoint.
pub(super) fn endpoint_filter(method: &str, endpoint: &str) -> String {
    let (method, endpoint) = (Expr::string(method), Expr::string(endpoint));
    format!(" | json | {}=~{method} | {}={endpoint}", log::METHOD, log::ENDPOINT)
}

/// LogQL: the lines of one endpoint.
pub(super) fn endpoint_lines(service: &Service, method: &str, endpoint: &str) -> String {
    format!("{}{}", stream(service), endpoint_filter(method, endpoint))
}

/// TraceQL: traces that failed or were slow.
pub(super) fn failed_or_slow_traces(service: &Service) -> String {
    format!(
        "{{ {} && (status = error || duration > {}) }}",
        service_attribute(service),
        slow_threshold(service)
    )
}

/// TraceQL: traces that were slow.
pub(super) fn slow_traces(service: &Service) -> String {
    format!(
        "{{ {} && duration > {} }}",
        service_attribute(service),
        slow_threshold(service)
    )
}

/// TraceQL: traces of requests to one endpoint.
pub(super) fn endpoint_traces(service: &Service, method: &str, endpoint: &str) -> String {
    let (method, endpoint) = (Expr::string(method), Expr::string(endpoint));
    format!(
        "{{ {} && span.{} =~ {method} && (span.{} = {endpoint} || span.{} = {endpoint}) }}",
        service_attribute(service),
        attribute::HTTP_REQUEST_METHOD,
        attribute::HTTP_ROUTE,
        // A span of a gRPC call has this attribute instead of the route.
        attribute::RPC_METHOD
    )
}

/// The TraceQL condition on the name of the service.
fn service_attribute(service: &Service) -> String {
    format!("resource.{} = {}", attribute::SERVICE_NAME, Expr::string(&service.name))
}

/// The duration from which on a trace is slow, in TraceQL.
fn slow_threshold(service: &Service) -> String {
    format!("{}ms", thresholds::slow(service).as_millis().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stay_readable_for_grafana_in_an_encoded_address() {
        assert_eq!(
            encode("{\"a\":\"${x:percentencode}\"}"),
            "%7B%22a%22%3A%22${x:percentencode}%22%7D"
        );
        assert_eq!(encode("${open"), "${open");
    }
}
