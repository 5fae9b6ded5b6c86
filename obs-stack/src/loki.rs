//! Files of Grafana Loki 3, which stores log lines.
//!
//! | file | content |
//! |---|---|
//! | `loki/loki-config.yaml` | a single process with local storage |
//! | `loki/loki-config.s3.yaml` | the same with its data in S3; start it with `-config.expand-env=true` |
//! | `loki/queries.logql` | LogQL queries of each service, to paste into Explore |
//!
//! A stream has the labels `job` and `service_name` (both the name of the service), `env`
//! and `level`, whether its lines come by [Alloy](crate::alloy) or by the
//! [collector](crate::collector). `trace_id`, `span_id` and `request_id` are [structured
//! metadata](https://grafana.com/docs/loki/latest/get-started/labels/structured-metadata/):
//! as labels, each request would make a stream.
//!
//! | limit | value |
//! |---|---|
//! | retention | 744 h (31 days) |
//! | age of a line that is accepted | 168 h (7 days) |
//! | size of a line | 256 KB, longer ones are cut |
//! | streams | 5 000 |
//! | ingestion | 8 MB/s, bursts of 16 MB |
//!
//! The configuration for S3 reads two environment variables, and credentials as the AWS SDK does:
//!
//! | variable | value |
//! |---|---|
//! | `LOKI_S3_BUCKET` | the name of the bucket |
//! | `LOKI_S3_REGION` | its region |
//!
//! Queries are restricted to one service by `job`, so they are fast however many services send to
//! the same Loki. They find errors, slow requests, quantiles of the duration by endpoint, outcomes,
//! and the lines of one trace or request.
//!
//! Loki listens on port 3100, without authentication: whoever reaches the port may read and
//! write.
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let definition = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
//! let queries = obs_stack::loki::queries(&definition.services[0]);
//! assert_eq!(queries[0].logql, "{job=\"orders\"} |= \"ERROR\"");
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

use std::fmt::Write as _;

use obs_conventions::names::log;
use obs_rules::{
    definition::{Definition, Service},
    promql::Expr,
};

use crate::{
    File, header,
    text::one_line,
    yaml::{self, Yaml},
};

/// Generates the configuration for local storage, the one for S3, and the saved queries.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    vec![
        File::new("loki/loki-config.yaml", config(Storage::Filesystem)),
        File::new("loki/loki-config.s3.yaml", config(Storage::S3)),
        File::new("loki/queries.logql", saved_queries(definition)),
    ]
}

/// The saved queries of all services, each below a comment with its title.
fn saved_queries(definition: &Definition) -> String {
    let mut text = header("#", "Queries to paste into Explore, service by service.");
    for service in &definition.services {
        for query in queries(service) {
            let _ = writeln!(
                text,
                "# {}: {}\n{}\n",
                one_line(&service.name),
                query.title,
                query.logql
            );
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Where Loki keeps chunks and index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Storage {
    /// A local disk.
    Filesystem,
    /// Amazon S3, or a compatible service.
    S3,
}

/// The header of both configurations.
const ABOUT: &str = "Loki 3: index tsdb, schema v13, which structured metadata and OTLP need.";
/// What the header of the configuration for S3 adds.
const ABOUT_S3: &str = "\nWith its data in S3: start it with -config.expand-env=true and LOKI_S3_BUCKET and \
                        LOKI_S3_REGION\nin its environment; credentials as the AWS SDK finds them.";

/// A configuration: [reference](https://grafana.com/docs/loki/latest/configure/).
fn config(storage: Storage) -> String {
    let about = match storage {
        Storage::Filesystem => ABOUT.to_owned(),
        Storage::S3 => format!("{ABOUT}{ABOUT_S3}"),
    };
    let config = Yaml::map([
        // One tenant: whoever reaches the port may read and write.
        ("auth_enabled", false.into()),
        (
            "server",
            Yaml::map([("http_listen_port", 3100.into()), ("log_level", "info".into())]),
        ),
        ("common", common(storage)),
        ("schema_config", schema(storage)),
        ("limits_config", limits()),
        ("compactor", compactor(storage)),
        ("analytics", Yaml::map([("reporting_enabled", false.into())])),
    ]);
    yaml::document(&about, &config)
}

// === impl Storage ===

impl Storage {
    /// The name of the object store.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Filesystem => "filesystem",
            Self::S3 => "s3",
        }
    }
}

/// Addresses and storage of all components.
fn common(storage: Storage) -> Yaml {
    let place = match storage {
        Storage::Filesystem => Yaml::map([
            ("chunks_directory", "/loki/chunks".into()),
            ("rules_directory", "/loki/rules".into()),
        ]),
        Storage::S3 => Yaml::map([
            ("bucketnames", "${LOKI_S3_BUCKET}".into()),
            ("region", "${LOKI_S3_REGION}".into()),
            ("s3forcepathstyle", false.into()),
        ]),
    };
    let ring = Yaml::map([("kvstore", Yaml::map([("store", "inmemory".into())]))]);
    Yaml::map([
        // The one address of every ring and of the query frontend. Set in the ring alone, the queriers look for the
        // frontend at the address of an interface: where only the loopback answers, every query waits for ever.
        ("instance_addr", "127.0.0.1".into()),
        ("path_prefix", "/loki".into()),
        ("storage", Yaml::map([(storage.as_str(), place)])),
        ("replication_factor", 1.into()),
        ("ring", ring),
    ])
}

/// Index and chunk format: `tsdb` with schema v13, which structured metadata and OTLP need.
fn schema(storage: Storage) -> Yaml {
    let period = Yaml::map([
        // Before Loki first starts: older lines would have no schema.
        ("from", "2026-01-01".into()),
        ("store", "tsdb".into()),
        ("object_store", storage.as_str().into()),
        ("schema", "v13".into()),
        (
            "index",
            Yaml::map([("prefix", "index_".into()), ("period", "24h".into())]),
        ),
    ]);
    Yaml::map([("configs", Yaml::list([period]))])
}

/// Limits of the one tenant, and the resource attributes that become labels.
fn limits() -> Yaml {
    // Of resources that come by OTLP; all their other attributes are structured metadata.
    let labels = ["service.name"].into_iter().chain(LABELS);
    let index = Yaml::map([("action", "index_label".into()), ("attributes", Yaml::list(labels))]);
    let resource = Yaml::map([
        ("ignore_defaults", true.into()),
        ("attributes_config", Yaml::list([index])),
    ]);
    Yaml::map([
        ("reject_old_samples", true.into()),
        ("reject_old_samples_max_age", "168h".into()),
        ("retention_period", "744h".into()),
        ("allow_structured_metadata", true.into()),
        ("volume_enabled", true.into()),
        // A line of obs has 64 KiB at most, and its attributes by OTLP can be a little more.
        ("max_line_size", "256KB".into()),
        ("max_line_size_truncate", true.into()),
        ("max_label_names_per_series", 15.into()),
        ("max_global_streams_per_user", 5000.into()),
        ("ingestion_rate_mb", 8.into()),
        ("ingestion_burst_size_mb", 16.into()),
        ("per_stream_rate_limit", "5MB".into()),
        ("per_stream_rate_limit_burst", "20MB".into()),
        ("otlp_config", Yaml::map([("resource_attributes", resource)])),
    ])
}

/// Deletes what is older than the retention.
fn compactor(storage: Storage) -> Yaml {
    Yaml::map([
        ("working_directory", "/loki/compactor".into()),
        ("retention_enabled", true.into()),
        // Loki does not start without it when old lines are to be deleted.
        ("delete_request_store", storage.as_str().into()),
    ])
}

/// A LogQL query with a title.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedQuery {
    /// What the query shows.
    pub title: &'static str,
    /// The query.
    pub logql: String,
}

/// The saved queries of a service: errors, slow requests, lines by level, quantiles of the
/// duration, lines of a trace or of a request.
#[must_use]
pub fn queries(service: &Service) -> Vec<SavedQuery> {
    let all = stream(service);
    let (duration, endpoint, outcome) = (log::DURATION, log::ENDPOINT, log::OUTCOME);
    let errors = stream_with(service, &[(log::LEVEL, "=", "error")]);
    // A histogram's quantile needs buckets, and log lines have none: the quantile of the values themselves.
    let quantile = format!(
        "quantile_over_time(0.99, {all} | json | unwrap duration({duration}) | __error__=\"\" [5m]) by ({endpoint})"
    );
    [
        ("lines that say ERROR", format!("{all} |= \"ERROR\"")),
        (
            "failed requests slower than a second",
            format!("{all} | json | level=\"error\" | {duration} > 1s"),
        ),
        ("lines by level", format!("sum(count_over_time({all}[5m])) by (level)")),
        ("99th percentile of the duration by endpoint, in seconds", quantile),
        (
            "errors and warnings",
            stream_with(service, &[(log::LEVEL, "=~", "error|warn")]),
        ),
        (
            "errors per second by endpoint",
            format!("sum by ({endpoint}) (rate({errors} | json | {endpoint} != \"\" [5m]))"),
        ),
        (
            "requests by how they ended",
            format!("sum by ({outcome}) (count_over_time({all} | json | {outcome} != \"\" [5m]))"),
        ),
        (
            "lines of one trace: put its id in",
            format!("{all} | {} = \"00000000000000000000000000000000\"", log::TRACE_ID),
        ),
        (
            "lines of one request: put its id in",
            format!("{all} | {} = \"put-the-id-in\"", log::REQUEST_ID),
        ),
    ]
    .into_iter()
    .map(|(title, logql)| SavedQuery { title, logql })
    .collect()
}

/// The labels of a stream besides `service_name`. Each has few values, which are known in
/// advance.
pub(crate) const LABELS: [&str; 3] = ["job", log::ENV, log::LEVEL];

/// Structured metadata: lines are searched by these ids, but each request has its own.
pub(crate) const METADATA: [&str; 3] = [log::TRACE_ID, log::SPAN_ID, log::REQUEST_ID];

/// A stream selector for all lines of a service: `{job="orders"}`.
pub(crate) fn stream(service: &Service) -> String {
    stream_with(service, &[])
}

/// A stream selector for the lines of a service whose labels match; a matcher is label,
/// operator and value.
pub(crate) fn stream_with(service: &Service, matchers: &[(&str, &str, &str)]) -> String {
    let mut text = format!("{{job={}", Expr::string(&service.name));
    for (label, op, value) in matchers {
        let _ = write!(text, ", {label}{op}{}", Expr::string(value));
    }
    text.push('}');
    text
}

#[cfg(test)]
#[path = "loki_tests.rs"]
mod tests;
