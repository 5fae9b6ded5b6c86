//! Log lines: from files and by OTLP, with the same labels.

use obs_conventions::names::{attribute, log};
use obs_rules::definition::{Definition, Service};

use super::config::{self, BATCH, MEMORY_LIMITER, OFFSETS};
use crate::{
    loki::{LABELS, METADATA},
    yaml::Yaml,
};

pub(super) const EXPORTER: &str = "otlp_http/loki";
const RESOURCE: &str = "resource/labels";
const LEVEL: &str = "transform/level";
const GROUP: &str = "groupbyattrs/level";

pub(super) fn pipeline(receivers: Vec<String>) -> Yaml {
    config::pipeline(receivers, &[MEMORY_LIMITER, RESOURCE, LEVEL, GROUP, BATCH], EXPORTER)
}

/// What makes labels of what a resource and a line say.
pub(super) fn processors() -> [(String, Yaml); 3] {
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
pub(super) fn file_receivers(definition: &Definition) -> Vec<(String, Yaml)> {
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
