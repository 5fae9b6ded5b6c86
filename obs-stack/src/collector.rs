//! Files of the OpenTelemetry Collector, [contrib
//! distribution](https://github.com/open-telemetry/opentelemetry-collector-contrib).
//!
//! | file | content |
//! |---|---|
//! | `otel-collector/config.yaml` | two pipelines: traces to Tempo, log lines to Loki |
//!
//! Services send to it by OTLP: `OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318`
//! (HTTP), or port 4317 (gRPC). The health check answers on port 13133.
//!
//! | pipeline | receives | keeps | sends to |
//! |---|---|---|---|
//! | traces | OTLP | traces with an error, slow ones, those that a service marked as kept, 10 % of the others | `http://tempo:4318` |
//! | logs | OTLP, `log_files` of the services | everything | `http://loki:3100/otlp` |
//!
//! | processor | does |
//! |---|---|
//! | `memory_limiter` | refuses data at 80 % of the memory; senders retry |
//! | `tail_sampling` | decides for each trace as a whole, 10 seconds after its first span |
//! | `resource/labels` | copies `service.name` and `deployment.environment.name` to `job` and `env` |
//! | `transform/level`, `groupbyattrs/level` | make the severity of a line the label `level` |
//! | `batch` | sends many items in one request |
//!
//! A trace is slow if it takes longer than the strictest latency SLO of the definition, or
//! one second if there is none. How far log files were read is stored, so that a restart
//! neither loses nor repeats lines. Log lines have the same labels as by
//! [Alloy](crate::alloy): see [`loki`](crate::loki). While Tempo or Loki does not answer, 1
//! 000 batches are queued and each is retried for 300 seconds.
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let definition = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
//! let config = &obs_stack::collector::files(&definition)[0];
//! assert_eq!(config.path, "otel-collector/config.yaml");
//! assert!(config.content.contains("tail_sampling"));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

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

/// The header of the file.
const ABOUT: &str = "OpenTelemetry Collector, contrib distribution: services -> Tempo and Loki.\nServices send to it with \
                     OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318\nLines of files come by this or by Alloy: \
                     with both, each is stored twice.";

/// Generates `otel-collector/config.yaml`.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    vec![File::new(
        "otel-collector/config.yaml",
        yaml::document(ABOUT, &config(definition)),
    )]
}

/// The processor that limits memory.
const MEMORY_LIMITER: &str = "memory_limiter";
/// The processor that sends many items in one request.
const BATCH: &str = "batch";
/// The receiver of OTLP.
const OTLP: &str = "otlp";
/// The extension that stores how far each log file was read.
const OFFSETS: &str = "file_storage/offsets";
/// The extension with the health check.
const HEALTH: &str = "health_check";

/// The whole configuration: extensions, receivers, processors, exporters, pipelines.
fn config(definition: &Definition) -> Yaml {
    let files = file_receivers(definition);
    let has_files = !files.is_empty();
    let logs_from: Vec<String> = [OTLP.to_owned()]
        .into_iter()
        .chain(files.iter().map(|(name, _)| name.clone()))
        .collect();
    let receivers: Vec<_> = [(OTLP.to_owned(), otlp())].into_iter().chain(files).collect();
    let processors = [
        (MEMORY_LIMITER.to_owned(), memory_limiter()),
        (BATCH.to_owned(), Yaml::Map(Vec::new())),
    ]
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
        (
            "pipelines",
            Yaml::map([("traces", traces_pipeline()), ("logs", logs_pipeline(logs_from))]),
        ),
    ]);
    Yaml::map([
        ("extensions", Yaml::Map(extensions)),
        ("receivers", Yaml::Map(receivers)),
        ("processors", Yaml::Map(processors)),
        ("exporters", exporters()),
        ("service", service),
    ])
}

/// A pipeline: data of the receivers passes the processors in this order and goes to the
/// exporter.
fn pipeline(receivers: Vec<String>, processors: &[&str], exporter: &str) -> Yaml {
    Yaml::map([
        ("receivers", Yaml::list(receivers)),
        ("processors", Yaml::list(processors.iter().copied())),
        ("exporters", Yaml::list([exporter])),
    ])
}

/// The OTLP receiver, on all addresses.
fn otlp() -> Yaml {
    let endpoint = |address: &str| Yaml::map([("endpoint", address.into())]);
    // Without an address it listens on localhost only.
    let protocols = Yaml::map([("grpc", endpoint("0.0.0.0:4317")), ("http", endpoint("0.0.0.0:4318"))]);
    Yaml::map([("protocols", protocols)])
}

/// Refuses data at 80 % of the memory, so that senders retry and the collector is not
/// killed. It is first in each pipeline.
fn memory_limiter() -> Yaml {
    Yaml::map([
        ("check_interval", "1s".into()),
        ("limit_percentage", 80.into()),
        ("spike_limit_percentage", 20.into()),
    ])
}

/// How far files were read, stored so that a restart neither loses nor repeats lines.
fn offsets() -> Yaml {
    Yaml::map([
        ("directory", "/var/lib/otelcol/offsets".into()),
        ("create_directory", true.into()),
    ])
}

/// The exporters to Tempo and Loki, each with a queue and retries.
fn exporters() -> Yaml {
    let to = |endpoint: &str| {
        // While a back end is away, this much is kept and no more.
        let queue = Yaml::map([("enabled", true.into()), ("queue_size", 1000.into())]);
        let retry = Yaml::map([("enabled", true.into()), ("max_elapsed_time", "300s".into())]);
        Yaml::map([
            ("endpoint", endpoint.into()),
            ("sending_queue", queue),
            ("retry_on_failure", retry),
        ])
    };
    Yaml::map([
        (TEMPO_EXPORTER, to("http://tempo:4318")),
        (LOKI_EXPORTER, to("http://loki:3100/otlp")),
    ])
}

/// The exporter of traces.
const TEMPO_EXPORTER: &str = "otlp_http/tempo";
/// The processor that samples whole traces.
const TAIL: &str = "tail_sampling";

/// The percentage of traces without error that are kept although they are not slow.
const OTHERS: u64 = 10;

/// The pipeline of traces.
fn traces_pipeline() -> Yaml {
    // Batches after the decision: it needs all spans of a trace, and batches of what is kept.
    pipeline(vec![OTLP.to_owned()], &[MEMORY_LIMITER, TAIL, BATCH], TEMPO_EXPORTER)
}

/// Tail sampling: the decision for each trace as a whole.
fn trace_processors(definition: &Definition) -> [(String, Yaml); 1] {
    let policies = [errors(), slow(definition), kept_by_service(), others()];
    let config = Yaml::map([
        // From the first span on. Spans that come later are decided without the others.
        ("decision_wait", "10s".into()),
        ("num_traces", 50_000.into()),
        ("expected_new_traces_per_sec", 100.into()),
        ("policies", Yaml::list(policies)),
    ]);
    [(TAIL.to_owned(), config)]
}

/// A policy of tail sampling: a trace is kept if any policy says so.
fn policy(name: &str, kind: &str, settings: Yaml) -> Yaml {
    Yaml::map([("name", name.into()), ("type", kind.into()), (kind, settings)])
}

/// Keeps traces with an error.
fn errors() -> Yaml {
    policy(
        "errors",
        "status_code",
        Yaml::map([("status_codes", Yaml::list(["ERROR"]))]),
    )
}

/// Keeps traces that take longer than the strictest latency SLO, or one second if there is
/// none.
fn slow(definition: &Definition) -> Yaml {
    let thresholds = definition
        .services
        .iter()
        .flat_map(|service| &service.slos)
        .filter_map(|slo| match slo.sli() {
            Sli::Latency { threshold } => Some(threshold),
            _ => None,
        });
    let threshold = thresholds.min().unwrap_or(Duration::from_secs(1)).as_millis();
    let threshold = u64::try_from(threshold).unwrap_or(u64::MAX);
    policy("slow", "latency", Yaml::map([("threshold_ms", threshold.into())]))
}

/// Keeps traces of which a service exported a span although they were not sampled.
fn kept_by_service() -> Yaml {
    let settings = Yaml::map([
        ("key", attribute::OBS_KEPT.into()),
        ("values", Yaml::list([kept::ERROR, kept::SLOW])),
    ]);
    policy("kept-by-service", "string_attribute", settings)
}

/// Keeps a share of all traces.
fn others() -> Yaml {
    policy(
        "others",
        "probabilistic",
        Yaml::map([("sampling_percentage", OTHERS.into())]),
    )
}

/// The exporter of log lines.
const LOKI_EXPORTER: &str = "otlp_http/loki";
/// The processor that sets labels from attributes of the resource.
const RESOURCE: &str = "resource/labels";
/// The processor that sets the level from the severity of a record.
const LEVEL: &str = "transform/level";
/// The processor that moves the level to the resource, where Loki finds labels.
const GROUP: &str = "groupbyattrs/level";

/// The pipeline of log lines.
fn logs_pipeline(receivers: Vec<String>) -> Yaml {
    pipeline(
        receivers,
        &[MEMORY_LIMITER, RESOURCE, LEVEL, GROUP, BATCH],
        LOKI_EXPORTER,
    )
}

/// Processors that turn attributes of resources and lines into the labels of
/// [`loki`](crate::loki).
fn log_processors() -> [(String, Yaml); 3] {
    let copy = |to: &str, from: &str| {
        Yaml::map([
            ("key", to.into()),
            ("from_attribute", from.into()),
            ("action", "upsert".into()),
        ])
    };
    let [job, env, level] = LABELS;
    let attributes = [
        copy(job, attribute::SERVICE_NAME),
        copy(env, attribute::DEPLOYMENT_ENVIRONMENT),
    ];
    // A line from a file has its level among its fields, a record by OTLP has a severity.
    let statement = format!(
        "set(log.attributes[\"{level}\"], ConvertCase(log.severity_text, \"lower\")) where \
         log.attributes[\"{level}\"] == nil and log.severity_text != \"\""
    );
    let transform = Yaml::map([
        ("error_mode", "ignore".into()),
        ("log_statements", Yaml::list([statement])),
    ]);
    [
        (RESOURCE.to_owned(), Yaml::map([("attributes", Yaml::list(attributes))])),
        (LEVEL.to_owned(), transform),
        // Loki makes labels of attributes of a resource only.
        (GROUP.to_owned(), Yaml::map([("keys", Yaml::list([level]))])),
    ]
}

/// A `filelog` receiver, with its name, for each service that has log files.
fn file_receivers(definition: &Definition) -> Vec<(String, Yaml)> {
    let services = definition
        .services
        .iter()
        .filter(|service| !service.log_files.is_empty());
    services
        .map(|service| (receiver_name(service), file_receiver(service)))
        .collect()
}

/// The name of a receiver, `filelog/SERVICE`. Two services have two names.
fn receiver_name(service: &Service) -> String {
    let name: String = service
        .name
        .chars()
        .map(|c| if c.is_whitespace() || c == '/' { '-' } else { c })
        .collect();
    format!("filelog/{name}")
}

/// A receiver that reads the log files of a service from their beginning.
fn file_receiver(service: &Service) -> Yaml {
    let mut resource = vec![(attribute::SERVICE_NAME.to_owned(), service.name.as_str().into())];
    if !service.environment.is_empty() {
        resource.push((
            attribute::DEPLOYMENT_ENVIRONMENT.to_owned(),
            service.environment.as_str().into(),
        ));
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

/// Reads timestamp, severity and trace ids out of a line, which itself stays as it is.
fn parse() -> Yaml {
    let from = |key: &str| Yaml::map([("parse_from", format!("attributes.{key}").into())]);
    let [trace_id, span_id, _] = METADATA;
    let timestamp = from(log::TIMESTAMP)
        .with("layout_type", "gotime")
        .with("layout", "2006-01-02T15:04:05.999999Z07:00");
    Yaml::map([
        ("type", "json_parser".into()),
        // A line in another format, such as that of a panic before the start, passes unchanged.
        ("on_error", "send_quiet".into()),
        ("timestamp", timestamp),
        ("severity", from(log::LEVEL)),
        (
            "trace",
            Yaml::map([("trace_id", from(trace_id)), ("span_id", from(span_id))]),
        ),
    ])
}

/// Removes the parsed fields but level and request id: the others are in the line.
fn keep() -> Yaml {
    let [.., request_id] = METADATA;
    let fields = [log::LEVEL, request_id].map(|key| format!("attributes.{key}"));
    Yaml::map([
        ("type", "retain".into()),
        ("on_error", "send_quiet".into()),
        ("fields", Yaml::list(fields)),
    ])
}

#[cfg(test)]
#[path = "collector_tests.rs"]
mod tests;
