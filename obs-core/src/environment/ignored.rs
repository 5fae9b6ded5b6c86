//! Variables of the specification that have no effect here.

use super::Env;

const BY_SCHEME: &str = "the scheme of the endpoint, http or https, says it";
const NO_ZIPKIN: &str = "spans are exported by OTLP";
const NO_FILE: &str = "settings come from code and from variables";
const NO_SERVER: &str = "the page is a route, or ObsBuilder::serve_metrics says where it is";

/// Variables, and why they are ignored.
pub(super) const IGNORED: [(&str, &str); 15] = [
    (
        "OTEL_ENTITIES",
        "entities are in development; OTEL_RESOURCE_ATTRIBUTES takes what they say",
    ),
    (
        "OTEL_LOG_LEVEL",
        "what obs logs about itself has the target obs; RUST_LOG takes its level, as in info,obs=error",
    ),
    ("OTEL_EXPORTER_OTLP_INSECURE", BY_SCHEME),
    ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", BY_SCHEME),
    ("OTEL_EXPORTER_OTLP_METRICS_INSECURE", BY_SCHEME),
    ("OTEL_EXPORTER_OTLP_LOGS_INSECURE", BY_SCHEME),
    ("OTEL_EXPORTER_OTLP_SPAN_INSECURE", BY_SCHEME),
    ("OTEL_EXPORTER_OTLP_METRIC_INSECURE", BY_SCHEME),
    ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", NO_ZIPKIN),
    ("OTEL_EXPORTER_ZIPKIN_TIMEOUT", NO_ZIPKIN),
    ("OTEL_EXPORTER_ZIPKIN_PROTOCOL", NO_ZIPKIN),
    ("OTEL_EXPORTER_PROMETHEUS_HOST", NO_SERVER),
    ("OTEL_EXPORTER_PROMETHEUS_PORT", NO_SERVER),
    ("OTEL_CONFIG_FILE", NO_FILE),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", NO_FILE),
];

/// Keeps a notice of each of them that is set.
pub(crate) fn report_ignored(env: Env<'_>) {
    for (name, why) in IGNORED {
        if env.get(name).is_some() {
            env.notice(format!("{name} is set and ignored: {why}"));
        }
    }
}
