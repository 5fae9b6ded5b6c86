//! The provisioning of Grafana: data sources, linked with each other, and the folder of
//! dashboards.

use crate::{
    File,
    yaml::{self, Yaml},
};

const PROMETHEUS: &str = "prometheus";
const LOKI: &str = "loki";
const TEMPO: &str = "tempo";

/// Generates the two files of provisioning.
pub(super) fn files() -> Vec<File> {
    vec![
        File::new(
            "grafana/provisioning/datasources/obs.yaml",
            yaml::document(ABOUT_SOURCES, &data_sources()),
        ),
        File::new(
            "grafana/provisioning/dashboards/obs.yaml",
            yaml::document(ABOUT_DASHBOARDS, &dashboards()),
        ),
    ]
}

/// The header of the data sources.
const ABOUT_SOURCES: &str = "Data sources of Grafana: exemplars lead to traces, traces to log lines and metrics, log lines \
                             to traces.\n$$ stands for $: Grafana puts environment variables in place of names behind a \
                             single one.";
/// The header of the dashboards.
const ABOUT_DASHBOARDS: &str = "Where Grafana finds the dashboards: mount the folder grafana/dashboards there.";

/// All data sources.
fn data_sources() -> Yaml {
    let sources = [prometheus(), loki(), tempo()];
    // A data source of the same name that was made by hand would win over ours.
    Yaml::map([
        ("apiVersion", 1.into()),
        ("prune", true.into()),
        ("datasources", Yaml::list(sources)),
    ])
}

/// A data source with its URL and settings.
fn source(name: &str, uid: &str, url: &str, json_data: Yaml) -> Yaml {
    Yaml::map([
        ("name", name.into()),
        ("uid", uid.into()),
        ("type", uid.into()),
        ("access", "proxy".into()),
        ("url", url.into()),
        ("isDefault", (uid == PROMETHEUS).into()),
        ("editable", false.into()),
        ("jsonData", json_data),
    ])
}

/// Prometheus; exemplars link to Tempo.
fn prometheus() -> Yaml {
    let to_trace = Yaml::map([
        ("name", "trace_id".into()),
        ("datasourceUid", TEMPO.into()),
        ("urlDisplayLabel", "Trace $${__value.raw}".into()),
    ]);
    let json_data = Yaml::map([
        ("httpMethod", "POST".into()),
        ("prometheusType", "Prometheus".into()),
        // The scrape interval: $__rate_interval is four of them at least.
        ("timeInterval", "15s".into()),
        ("exemplarTraceIdDestinations", Yaml::list([to_trace])),
    ]);
    source("Prometheus", PROMETHEUS, "http://prometheus:9090", json_data)
}

/// Loki; trace ids link to Tempo.
fn loki() -> Yaml {
    let to_trace = |name: &str, kind: Option<&str>, regex: &str| {
        let mut field = Yaml::map([("name", name.into())]);
        if let Some(kind) = kind {
            field = field.with("matcherType", kind);
        }
        field
            .with("matcherRegex", regex)
            .with("url", "$${__value.raw}")
            .with("urlDisplayLabel", "Trace")
            .with("datasourceUid", TEMPO)
    };
    // Structured metadata where the line came through Alloy or the collector, else the line itself.
    let fields = [
        to_trace("trace_id", Some("label"), "trace_id"),
        to_trace("TraceID", None, r#""trace_id":"(\w+)""#),
    ];
    source(
        "Loki",
        LOKI,
        "http://loki:3100",
        Yaml::map([("derivedFields", Yaml::list(fields))]),
    )
}

/// Tempo; spans link to log lines and metrics.
fn tempo() -> Yaml {
    let tag = |key: &str, value: &str| Yaml::map([("key", key.into()), ("value", value.into())]);
    let query = |name: &str, query: &str| Yaml::map([("name", name.into()), ("query", query.into())]);
    let to_logs = Yaml::map([
        ("datasourceUid", LOKI.into()),
        ("spanStartTimeShift", "-1h".into()),
        ("spanEndTimeShift", "1h".into()),
        ("filterByTraceID", false.into()),
        ("filterBySpanID", false.into()),
        ("customQuery", true.into()),
        ("query", "{$${__tags}} | trace_id = \"$${__trace.traceId}\"".into()),
        ("tags", Yaml::list([tag("service.name", "service_name")])),
    ]);
    let queries = [
        query(
            "Requests per second",
            "sum(rate({__name__=~\".+_requests_total|.+_server_request_duration_seconds_count\",$$__tags}[5m]))",
        ),
        query(
            "In flight",
            "sum({__name__=~\".+_requests_in_flight|.+_server_active_requests\",$$__tags})",
        ),
    ];
    let to_metrics = Yaml::map([
        ("datasourceUid", PROMETHEUS.into()),
        ("spanStartTimeShift", "-30m".into()),
        ("spanEndTimeShift", "30m".into()),
        ("tags", Yaml::list([tag("service.name", "job")])),
        ("queries", Yaml::list(queries)),
    ]);
    let json_data = Yaml::map([
        ("tracesToLogsV2", to_logs),
        ("tracesToMetrics", to_metrics),
        ("nodeGraph", Yaml::map([("enabled", true.into())])),
        ("search", Yaml::map([("hide", false.into())])),
    ]);
    source("Tempo", TEMPO, "http://tempo:3200", json_data)
}

/// The folder from which Grafana loads dashboards.
fn dashboards() -> Yaml {
    let options = Yaml::map([("path", "/var/lib/grafana/dashboards/obs".into())]);
    let provider = Yaml::map([
        ("name", "obs".into()),
        ("type", "file".into()),
        ("folder", "Services".into()),
        ("disableDeletion", false.into()),
        // What is changed in the browser would be lost at the next start.
        ("allowUiUpdates", false.into()),
        ("updateIntervalSeconds", 30.into()),
        ("options", options),
    ]);
    Yaml::map([("apiVersion", 1.into()), ("providers", Yaml::list([provider]))])
}
