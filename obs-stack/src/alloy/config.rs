//! Alloy's configuration.

use obs_conventions::names::log;
use obs_rules::definition::{Definition, Service};

use super::syntax::{Block, Value};
use crate::{loki::METADATA, text::regex_escape};

const PROCESS: &str = "obs";
const CONTAINERS: &str = "containers";
const LOKI: &str = "loki";

/// Where the services' log lines come from, what is read out of them, where they go.
pub(super) fn blocks(definition: &Definition) -> Vec<Block> {
    let mut blocks = Vec::new();
    if definition.services.iter().any(|service| service.log_files.is_empty()) {
        let docker = Block::new("discovery.docker").label(CONTAINERS);
        blocks.push(docker.attribute("host", "unix:///var/run/docker.sock"));
    }
    for (place, service) in definition.services.iter().enumerate() {
        let label = identifier(place, service);
        blocks.extend(if service.log_files.is_empty() { container(service, &label) } else { file(service, &label) });
    }
    blocks.extend([process(), write()]);
    blocks
}

/// The place tells apart two names that differ only in what an identifier can't have.
fn identifier(place: usize, service: &Service) -> String {
    let name: String =
        service.name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    format!("s{}_{name}", place + 1)
}

/// The labels that tell whose lines they are.
fn labels(service: &Service) -> Vec<(&'static str, &str)> {
    let mut labels = vec![("job", service.name.as_str()), ("service_name", service.name.as_str())];
    if !service.environment.is_empty() {
        labels.push((log::ENV, &service.environment));
    }
    labels
}

fn file(service: &Service, label: &str) -> Vec<Block> {
    let target = |path: &String| {
        let path = [("__path__", path.as_str())];
        Value::map(path.into_iter().chain(labels(service)))
    };
    let targets = Value::List(service.log_files.iter().map(target).collect());
    let found = Block::new("local.file_match").label(label).attribute("path_targets", targets);
    let source = Block::new("loki.source.file")
        .label(label)
        .attribute("targets", Value::Export(format!("local.file_match.{label}.targets")))
        .attribute("forward_to", processed());
    vec![found, source]
}

fn container(service: &Service, label: &str) -> Vec<Block> {
    const COMPOSE_SERVICE: &str = "__meta_docker_container_label_com_docker_compose_service";
    let own = Block::new("rule")
        .attribute("source_labels", Value::List(vec![COMPOSE_SERVICE.into()]))
        .attribute("regex", regex_escape(&service.name).as_str())
        .attribute("action", "keep");
    let relabel = Block::new("discovery.relabel")
        .label(label)
        .attribute("targets", Value::Export(format!("discovery.docker.{CONTAINERS}.targets")))
        .block(own);
    let source = Block::new("loki.source.docker")
        .label(label)
        .attribute("host", "unix:///var/run/docker.sock")
        .attribute("targets", Value::Export(format!("discovery.relabel.{label}.output")))
        .attribute("labels", Value::map(labels(service)))
        .attribute("forward_to", processed());
    vec![relabel, source]
}

fn processed() -> Value {
    Value::to(&format!("loki.process.{PROCESS}.receiver"))
}

/// The line stays as it is: what is read out of it becomes its time, a label, structured metadata.
fn process() -> Block {
    // An empty expression is the field of the same name.
    let fields = |keys: &[&'static str]| Value::map(keys.iter().map(|key| (*key, "")));
    let read: Vec<_> = [log::TIMESTAMP, log::LEVEL].into_iter().chain(METADATA).collect();
    Block::new("loki.process")
        .label(PROCESS)
        .attribute("forward_to", Value::to(&format!("loki.write.{LOKI}.receiver")))
        .block(Block::new("stage.json").attribute("expressions", fields(&read)))
        .block(Block::new("stage.timestamp").attribute("source", log::TIMESTAMP).attribute("format", "RFC3339Nano"))
        .block(Block::new("stage.labels").attribute("values", fields(&[log::LEVEL])))
        .block(Block::new("stage.structured_metadata").attribute("values", fields(&METADATA)))
        // Each file would be a stream of its own.
        .block(Block::new("stage.label_drop").attribute("values", Value::List(vec!["filename".into()])))
}

fn write() -> Block {
    let endpoint = Block::new("endpoint").attribute("url", "http://loki:3100/loki/api/v1/push");
    Block::new("loki.write").label(LOKI).block(endpoint)
}
