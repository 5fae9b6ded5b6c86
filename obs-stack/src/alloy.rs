//! Files of [Grafana Alloy](https://grafana.com/docs/alloy/latest/), which sends log lines
//! to Loki.
//!
//! | file | content |
//! |---|---|
//! | `alloy/config.alloy` | sources, processing and the address of Loki |
//!
//! The lines of a service come from the `log_files` of its definition; without any, from
//! the standard output of its container, which Docker knows by the Compose service of the
//! same name. Alloy reads timestamp, level, trace id, span id and request id out of the
//! JSON; the line itself stays as it is.
//!
//! | label or metadata | value |
//! |---|---|
//! | `job`, `service_name` | the name of the service |
//! | `env` | its environment, if it has one |
//! | `level` | the level of the line |
//! | `trace_id`, `span_id`, `request_id` | structured metadata: as labels, each request would make a stream |
//!
//! | component | does |
//! |---|---|
//! | `discovery.docker.containers` | lists the containers, if any service has no log files |
//! | `discovery.relabel.sN_SERVICE`, `loki.source.docker.sN_SERVICE` | reads the container of a service |
//! | `local.file_match.sN_SERVICE`, `loki.source.file.sN_SERVICE` | reads the log files of a service |
//! | `loki.process.obs` | reads the fields of a line |
//! | `loki.write.loki` | sends to `http://loki:3100/loki/api/v1/push` |
//!
//! The lines must be those of the profile `obs` (`LogProfile::Obs` of obs-core, the default) with their time in RFC 3339, also
//! for the collector, the dashboards and the saved queries of [Loki](crate::loki). Lines of another profile are stored, but
//! without level, ids and time of their own.
//!
//! The [collector](crate::collector) can read log files too. Use one of the two: with both,
//! each line is stored twice.
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let text = "version: 1\nservices: [{ name: orders, log_files: [/var/log/orders/*.log] }]";
//! let definition = Definition::parse(text, "obs.yaml")?;
//! let config = &obs_stack::alloy::files(&definition)[0];
//! assert_eq!(config.path, "alloy/config.alloy");
//! assert!(config.content.contains("loki.source.file \"s1_orders\""));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

use std::fmt;

use obs_conventions::names::log;
use obs_rules::{
    definition::{Definition, Service},
    promql::Expr,
};

use crate::{File, header, loki::METADATA, text::regex_escape};

/// The header of the file.
const ABOUT: &str = "Grafana Alloy: log lines from files, or from containers where a service writes to standard output\n\
                     only -> Loki. A container belongs to the service that its Compose service is named after.\n\
                     Lines of files come by this or by the collector: with both, each is stored twice.";

/// Generates `alloy/config.alloy`.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let blocks = blocks(definition);
    let text: Vec<_> = blocks.iter().map(ToString::to_string).collect();
    vec![File::new("alloy/config.alloy", header("//", ABOUT) + &text.join("\n"))]
}

/// The label of the component that processes lines.
const PROCESS: &str = "obs";
/// The label of the component that discovers containers.
const CONTAINERS: &str = "containers";
/// The label of the component that sends lines to Loki.
const LOKI: &str = "loki";

/// The components: discovery and sources for each service, processing, and the address of
/// Loki.
fn blocks(definition: &Definition) -> Vec<Block> {
    let mut blocks = Vec::new();
    if definition.services.iter().any(|service| service.log_files.is_empty()) {
        let docker = Block::new("discovery.docker").label(CONTAINERS);
        blocks.push(docker.attribute("host", "unix:///var/run/docker.sock"));
    }
    for (place, service) in definition.services.iter().enumerate() {
        let label = identifier(place, service);
        blocks.extend(if service.log_files.is_empty() {
            container(service, &label)
        } else {
            file(service, &label)
        });
    }
    blocks.extend([process(), write()]);
    blocks
}

/// The label of a service's components. Its number keeps two names apart that differ only
/// in characters that an identifier can't have.
fn identifier(place: usize, service: &Service) -> String {
    let name: String = service
        .name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("s{}_{name}", place + 1)
}

/// The labels of a service's lines.
fn labels(service: &Service) -> Vec<(&'static str, &str)> {
    let mut labels = vec![("job", service.name.as_str()), ("service_name", service.name.as_str())];
    if !service.environment.is_empty() {
        labels.push((log::ENV, &service.environment));
    }
    labels
}

/// The components that read the log files of a service.
fn file(service: &Service, label: &str) -> Vec<Block> {
    let target = |path: &String| {
        let path = [("__path__", path.as_str())];
        Value::map(path.into_iter().chain(labels(service)))
    };
    let targets = Value::List(service.log_files.iter().map(target).collect());
    let found = Block::new("local.file_match")
        .label(label)
        .attribute("path_targets", targets);
    let source = Block::new("loki.source.file")
        .label(label)
        .attribute("targets", Value::Export(format!("local.file_match.{label}.targets")))
        .attribute("forward_to", processed());
    vec![found, source]
}

/// The components that read the standard output of a service's container.
fn container(service: &Service, label: &str) -> Vec<Block> {
    const COMPOSE_SERVICE: &str = "__meta_docker_container_label_com_docker_compose_service";
    let own = Block::new("rule")
        .attribute("source_labels", Value::List(vec![COMPOSE_SERVICE.into()]))
        .attribute("regex", regex_escape(&service.name).as_str())
        .attribute("action", "keep");
    let relabel = Block::new("discovery.relabel")
        .label(label)
        .attribute(
            "targets",
            Value::Export(format!("discovery.docker.{CONTAINERS}.targets")),
        )
        .block(own);
    let source = Block::new("loki.source.docker")
        .label(label)
        .attribute("host", "unix:///var/run/docker.sock")
        .attribute("targets", Value::Export(format!("discovery.relabel.{label}.output")))
        .attribute("labels", Value::map(labels(service)))
        .attribute("forward_to", processed());
    vec![relabel, source]
}

/// The receiver of the component that processes lines.
fn processed() -> Value {
    Value::to(&format!("loki.process.{PROCESS}.receiver"))
}

/// Reads timestamp, labels and structured metadata out of a line, which itself stays as it
/// is.
fn process() -> Block {
    // An empty expression is the field of the same name.
    let fields = |keys: &[&'static str]| Value::map(keys.iter().map(|key| (*key, "")));
    let read: Vec<_> = [log::TIMESTAMP, log::LEVEL].into_iter().chain(METADATA).collect();
    Block::new("loki.process")
        .label(PROCESS)
        .attribute("forward_to", Value::to(&format!("loki.write.{LOKI}.receiver")))
        .block(Block::new("stage.json").attribute("expressions", fields(&read)))
        .block(
            Block::new("stage.timestamp")
                .attribute("source", log::TIMESTAMP)
                .attribute("format", "RFC3339Nano"),
        )
        .block(Block::new("stage.labels").attribute("values", fields(&[log::LEVEL])))
        .block(Block::new("stage.structured_metadata").attribute("values", fields(&METADATA)))
        // Each file would be a stream of its own.
        .block(Block::new("stage.label_drop").attribute("values", Value::List(vec!["filename".into()])))
}

/// Sends lines to the push API of Loki.
fn write() -> Block {
    let endpoint = Block::new("endpoint").attribute("url", "http://loki:3100/loki/api/v1/push");
    Block::new("loki.write").label(LOKI).block(endpoint)
}

/// A block of the configuration: `component "label" { … }`.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The name of the component or block.
    name: String,
    /// The label of a component.
    label: Option<String>,
    /// Attributes and nested blocks, in order.
    body: Vec<Entry>,
}

/// What a block contains.
#[derive(Clone, Debug)]
enum Entry {
    /// `key = value`.
    Attribute(String, Value),
    /// A nested block.
    Block(Block),
}

/// The value of an attribute.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A string.
    Text(String),
    /// A Boolean.
    Bool(bool),
    /// A reference to the export of another component.
    Export(String),
    /// A list.
    List(Vec<Value>),
    /// A map; entries keep their order.
    Map(Vec<(String, Value)>),
}

// === impl Block ===

impl Block {
    /// An empty block without a label.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            label: None,
            body: Vec::new(),
        }
    }

    /// Sets the label by which other components refer to this one.
    pub(crate) fn label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    /// Appends `key = value`.
    pub(crate) fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.body.push(Entry::Attribute(key.to_owned(), value.into()));
        self
    }

    /// Appends a block.
    pub(crate) fn block(mut self, block: Self) -> Self {
        self.body.push(Entry::Block(block));
        self
    }

    /// Writes the block, indented by two blanks for each level of `depth`.
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        write!(f, "{indent}{}", self.name)?;
        if let Some(label) = &self.label {
            write!(f, " {}", Expr::string(label))?;
        }
        f.write_str(" {\n")?;
        for entry in &self.body {
            match entry {
                Entry::Attribute(key, value) => writeln!(f, "{indent}  {key} = {value}")?,
                Entry::Block(block) => block.write(f, depth + 1)?,
            }
        }
        writeln!(f, "{indent}}}")
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

// === impl Value ===

impl Value {
    /// A map with these entries.
    pub(crate) fn map<K: Into<String>, V: Into<Self>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }

    /// A list with the export of one component, as `forward_to` expects it.
    pub(crate) fn to(export: &str) -> Self {
        Self::List(vec![Self::Export(export.to_owned())])
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&Expr::string(text)),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Export(name) => f.write_str(name),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("{} = {value}", Expr::string(key)))
                    .collect();
                write!(f, "{{ {} }}", entries.join(", "))
            }
        }
    }
}

#[cfg(test)]
#[path = "alloy_tests.rs"]
mod tests;
