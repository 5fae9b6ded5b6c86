//! Files of the OpenTelemetry Collector, contrib distribution.
//!
//! Traces come by OTLP and go to Tempo: all that failed or took long, and a share of the others. Log lines
//! come by OTLP or from the services' files and go to Loki, with the same labels either way, see
//! [`loki`](crate::loki).

use std::time::Duration;

use obs_conventions::names::{attribute, kept, log};
use obs_rules::{
    Sli,
    definition::{Definition, Service},
};

use crate::{
    File,
    loki::{LABELS, METADATA},
    yaml::{self, Yaml},
};

const ABOUT: &str = "OpenTelemetry Collector, contrib distribution: services -> Tempo and Loki.\nServices send to it with \
                     OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318\nLines of files come by this or by Alloy: \
                     with both, each is stored twice.";

/// `otel-collector/config.yaml`.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    vec![File::new("otel-collector/config.yaml", yaml::document(ABOUT, &config(definition)))]
}

const MEMORY_LIMITER: &str = "memory_limiter";
const BATCH: &str = "batch";
const OTLP: &str = "otlp";
const OFFSETS: &str = "file_storage/offsets";
const HEALTH: &str = "health_check";

fn config(definition: &Definition) -> Yaml {
    let files = file_receivers(definition);
    let has_files = !files.is_empty();
    let logs_from: Vec<String> =
        [OTLP.to_owned()].into_iter().chain(files.iter().map(|(name, _)| name.clone())).collect();
    let receivers: Vec<_> = [(OTLP.to_owned(), otlp())].into_iter().chain(files).collect();
    let processors = [(MEMORY_LIMITER.to_owned(), memory_limiter()), (BATCH.to_owned(), Yaml::Map(Vec::new()))]
        .into_iter()
        .chain(trace_processors(definition))
        .chain(log_processors())
        .collect();
    let mut extensions = vec![(HEALTH.to_owned(), Yaml::map([("endpoint", "0.0.0.0:13133".into())]))];
    if has_files {
        extensions.push((OFFSETS.to_owned(), offsets()));
    }
    let names: Vec<_> = extensions.iter().map(|(name, _)| name.clone()).collect();
    let service = Yaml::map([
        ("extensions", Yaml::list(names)),
        ("pipelines", Yaml::map([("traces", traces_pipeline()), ("logs", logs_pipeline(logs_from))])),
    ]);
    Yaml::map([
        ("extensions", Yaml::Map(extensions)),
        ("receivers", Yaml::Map(receivers)),
        ("processors", Yaml::Map(processors)),
        ("exporters", exporters()),
        ("service", service),
    ])
}

/// A pipeline: what is received goes through the processors in their order.
fn pipeline(receivers: Vec<String>, processors: &[&str], exporter: &str) -> Yaml {
    Yaml::map([
        ("receivers", Yaml::list(receivers)),
        ("processors", Yaml::list(processors.iter().copied())),
        ("exporters", Yaml::list([exporter])),
    ])
}

fn otlp() -> Yaml {
    let endpoint = |address: &str| Yaml::map([("endpoint", address.into())]);
    // Without an address it listens on localhost only.
    let protocols = Yaml::map([("grpc", endpoint("0.0.0.0:4317")), ("http", endpoint("0.0.0.0:4318"))]);
    Yaml::map([("protocols", protocols)])
}

/// First in each pipeline: senders are told to come back before the collector is killed for its memory.
fn memory_limiter() -> Yaml {
    Yaml::map([("check_interval", "1s".into()), ("limit_percentage", 80.into()), ("spike_limit_percentage", 20.into())])
}

/// How far files were read, so that a restart neither loses nor repeats lines.
fn offsets() -> Yaml {
    Yaml::map([("directory", "/var/lib/otelcol/offsets".into()), ("create_directory", true.into())])
}

fn exporters() -> Yaml {
    let to = |endpoint: &str| {
        // While a back end is away, this much is kept and no more.
        let queue = Yaml::map([("enabled", true.into()), ("queue_size", 1000.into())]);
        let retry = Yaml::map([("enabled", true.into()), ("max_elapsed_time", "300s".into())]);
        Yaml::map([("endpoint", endpoint.into()), ("sending_queue", queue), ("retry_on_failure", retry)])
    };
    Yaml::map([(TEMPO_EXPORTER, to("http://tempo:4318")), (LOKI_EXPORTER, to("http://loki:3100/otlp"))])
}

const TEMPO_EXPORTER: &str = "otlp_http/tempo";
const TAIL: &str = "tail_sampling";

/// Of the traces that neither failed nor took long, in percent.
const OTHERS: u64 = 10;

fn traces_pipeline() -> Yaml {
    // Batches after the decision: it needs all spans of a trace, and batches of what is kept.
    pipeline(vec![OTLP.to_owned()], &[MEMORY_LIMITER, TAIL, BATCH], TEMPO_EXPORTER)
}

fn trace_processors(definition: &Definition) -> [(String, Yaml); 1] {
    let policies = [errors(), slow(definition), kept_by_service(), others()];
    let config = Yaml::map([
        // From the first span on: longer than requests take, or what comes late is judged by itself.
        ("decision_wait", "10s".into()),
        ("num_traces", 50_000.into()),
        ("expected_new_traces_per_sec", 100.into()),
        ("policies", Yaml::list(policies)),
    ]);
    [(TAIL.to_owned(), config)]
}

fn policy(name: &str, kind: &str, settings: Yaml) -> Yaml {
    Yaml::map([("name", name.into()), ("type", kind.into()), (kind, settings)])
}

fn errors() -> Yaml {
    policy("errors", "status_code", Yaml::map([("status_codes", Yaml::list(["ERROR"]))]))
}

/// Slower than the strictest of the latencies that are promised, else than a second.
fn slow(definition: &Definition) -> Yaml {
    let thresholds = definition.services.iter().flat_map(|service| &service.slos).filter_map(|slo| match slo.sli() {
        Sli::Latency { threshold } => Some(threshold),
        _ => None,
    });
    let threshold = thresholds.min().unwrap_or(Duration::from_secs(1)).as_millis();
    let threshold = u64::try_from(threshold).unwrap_or(u64::MAX);
    policy("slow", "latency", Yaml::map([("threshold_ms", threshold.into())]))
}

/// Spans that a service sends although their trace was not sampled: it has a reason.
fn kept_by_service() -> Yaml {
    let settings = Yaml::map([("key", attribute::OBS_KEPT.into()), ("values", Yaml::list([kept::ERROR, kept::SLOW]))]);
    policy("kept-by-service", "string_attribute", settings)
}

fn others() -> Yaml {
    policy("others", "probabilistic", Yaml::map([("sampling_percentage", OTHERS.into())]))
}

const LOKI_EXPORTER: &str = "otlp_http/loki";
const RESOURCE: &str = "resource/labels";
const LEVEL: &str = "transform/level";
const GROUP: &str = "groupbyattrs/level";

fn logs_pipeline(receivers: Vec<String>) -> Yaml {
    pipeline(receivers, &[MEMORY_LIMITER, RESOURCE, LEVEL, GROUP, BATCH], LOKI_EXPORTER)
}

/// What makes labels of what a resource and a line say.
fn log_processors() -> [(String, Yaml); 3] {
    let copy = |to: &str, from: &str| {
        Yaml::map([("key", to.into()), ("from_attribute", from.into()), ("action", "upsert".into())])
    };
    let [job, env, level] = LABELS;
    let attributes = [copy(job, attribute::SERVICE_NAME), copy(env, attribute::DEPLOYMENT_ENVIRONMENT)];
    // A line from a file has its level among its fields, a record by OTLP has a severity.
    let statement = format!(
        "set(log.attributes[\"{level}\"], ConvertCase(log.severity_text, \"lower\")) where \
         log.attributes[\"{level}\"] == nil and log.severity_text != \"\""
    );
    let transform = Yaml::map([("error_mode", "ignore".into()), ("log_statements", Yaml::list([statement]))]);
    [
        (RESOURCE.to_owned(), Yaml::map([("attributes", Yaml::list(attributes))])),
        (LEVEL.to_owned(), transform),
        // Loki makes labels of attributes of a resource only.
        (GROUP.to_owned(), Yaml::map([("keys", Yaml::list([level]))])),
    ]
}

/// A receiver for each service that writes files.
fn file_receivers(definition: &Definition) -> Vec<(String, Yaml)> {
    let services = definition.services.iter().filter(|service| !service.log_files.is_empty());
    services.map(|service| (receiver_name(service), file_receiver(service))).collect()
}

/// `filelog/` and the service's name, which can be told from all others.
fn receiver_name(service: &Service) -> String {
    let name: String = service.name.chars().map(|c| if c.is_whitespace() || c == '/' { '-' } else { c }).collect();
    format!("filelog/{name}")
}

fn file_receiver(service: &Service) -> Yaml {
    let mut resource = vec![(attribute::SERVICE_NAME.to_owned(), service.name.as_str().into())];
    if !service.environment.is_empty() {
        resource.push((attribute::DEPLOYMENT_ENVIRONMENT.to_owned(), service.environment.as_str().into()));
    }
    Yaml::map([
        ("include", Yaml::list(&service.log_files)),
        ("start_at", "beginning".into()),
        ("storage", OFFSETS.into()),
        // A line of obs has 64 KiB at most.
        ("max_log_size", "128KiB".into()),
        ("resource", Yaml::Map(resource)),
        ("operators", Yaml::list([parse(), keep()])),
    ])
}

/// The line stays as it is; its time, severity and ids become those of the record.
fn parse() -> Yaml {
    let from = |key: &str| Yaml::map([("parse_from", format!("attributes.{key}").into())]);
    let [trace_id, span_id, _] = METADATA;
    let timestamp =
        from(log::TIMESTAMP).with("layout_type", "gotime").with("layout", "2006-01-02T15:04:05.999999Z07:00");
    Yaml::map([
        ("type", "json_parser".into()),
        // A line that is none of ours, of a panic before the start say, is sent on as it is.
        ("on_error", "send_quiet".into()),
        ("timestamp", timestamp),
        ("severity", from(log::LEVEL)),
        ("trace", Yaml::map([("trace_id", from(trace_id)), ("span_id", from(span_id))])),
    ])
}

/// Of the fields, only what lines are found by: the others are in the line.
fn keep() -> Yaml {
    let [.., request_id] = METADATA;
    let fields = [log::LEVEL, request_id].map(|key| format!("attributes.{key}"));
    Yaml::map([("type", "retain".into()), ("on_error", "send_quiet".into()), ("fields", Yaml::list(fields))])
}

#[cfg(test)]
#[path = "collector_tests.rs"]
mod tests;
