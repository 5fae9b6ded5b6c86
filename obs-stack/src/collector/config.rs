//! The collector's configuration as a whole.

use obs_rules::definition::Definition;

use super::{logs, traces};
use crate::yaml::Yaml;

pub(super) const MEMORY_LIMITER: &str = "memory_limiter";
pub(super) const BATCH: &str = "batch";
pub(super) const OTLP: &str = "otlp";
pub(super) const OFFSETS: &str = "file_storage/offsets";
const HEALTH: &str = "health_check";

pub(super) fn config(definition: &Definition) -> Yaml {
    let files = logs::file_receivers(definition);
    let has_files = !files.is_empty();
    let logs_from: Vec<String> =
        [OTLP.to_owned()].into_iter().chain(files.iter().map(|(name, _)| name.clone())).collect();
    let receivers: Vec<_> = [(OTLP.to_owned(), otlp())].into_iter().chain(files).collect();
    let processors = [(MEMORY_LIMITER.to_owned(), memory_limiter()), (BATCH.to_owned(), Yaml::Map(Vec::new()))]
        .into_iter()
        .chain(traces::processors(definition))
        .chain(logs::processors())
        .collect();
    let mut extensions = vec![(HEALTH.to_owned(), Yaml::map([("endpoint", "0.0.0.0:13133".into())]))];
    if has_files {
        extensions.push((OFFSETS.to_owned(), offsets()));
    }
    let names: Vec<_> = extensions.iter().map(|(name, _)| name.clone()).collect();
    let service = Yaml::map([
        ("extensions", Yaml::list(names)),
        ("pipelines", Yaml::map([("traces", traces::pipeline()), ("logs", logs::pipeline(logs_from))])),
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
pub(super) fn pipeline(receivers: Vec<String>, processors: &[&str], exporter: &str) -> Yaml {
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
    Yaml::map([(traces::EXPORTER, to("http://tempo:4318")), (logs::EXPORTER, to("http://loki:3100/otlp"))])
}
