//! Files of Loki: its configuration, for local disks and for S3, and saved queries.
//!
//! Streams have the labels `job` and `service_name` (both the service's name), `env` and `level`, whichever
//! way a line comes: by [Alloy](crate::alloy) or by the [collector](crate::collector). `trace_id`, `span_id`
//! and `request_id` are structured metadata: as labels, each request would make a stream.

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

/// `loki/loki-config.yaml`, the same for S3, and the saved queries.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    vec![
        File::new("loki/loki-config.yaml", config(Storage::Filesystem)),
        File::new("loki/loki-config.s3.yaml", config(Storage::S3)),
        File::new("loki/queries.logql", saved_queries(definition)),
    ]
}

fn saved_queries(definition: &Definition) -> String {
    let mut text = header("#", "Queries to paste into Explore, service by service.");
    for service in &definition.services {
        for query in queries(service) {
            let _ = writeln!(text, "# {}: {}\n{}\n", one_line(&service.name), query.title, query.logql);
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Where chunks and index are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Storage {
    Filesystem,
    S3,
}

const ABOUT: &str = "Loki 3: index tsdb, schema v13, which structured metadata and OTLP need.";
const ABOUT_S3: &str = "\nWith its data in S3: start it with -config.expand-env=true and LOKI_S3_BUCKET and \
                        LOKI_S3_REGION\nin its environment; credentials as the AWS SDK finds them.";

fn config(storage: Storage) -> String {
    let about = match storage {
        Storage::Filesystem => ABOUT.to_owned(),
        Storage::S3 => format!("{ABOUT}{ABOUT_S3}"),
    };
    let config = Yaml::map([
        // One tenant: whoever reaches the port may read and write.
        ("auth_enabled", false.into()),
        ("server", Yaml::map([("http_listen_port", 3100.into()), ("log_level", "info".into())])),
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
    const fn as_str(self) -> &'static str {
        match self {
            Self::Filesystem => "filesystem",
            Self::S3 => "s3",
        }
    }
}

fn common(storage: Storage) -> Yaml {
    let place = match storage {
        Storage::Filesystem => {
            Yaml::map([("chunks_directory", "/loki/chunks".into()), ("rules_directory", "/loki/rules".into())])
        }
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

fn schema(storage: Storage) -> Yaml {
    let period = Yaml::map([
        // In the past when Loki first starts: lines before it would have no schema.
        ("from", "2026-01-01".into()),
        ("store", "tsdb".into()),
        ("object_store", storage.as_str().into()),
        ("schema", "v13".into()),
        ("index", Yaml::map([("prefix", "index_".into()), ("period", "24h".into())])),
    ]);
    Yaml::map([("configs", Yaml::list([period]))])
}

fn limits() -> Yaml {
    // Of resources that come by OTLP; all their other attributes are structured metadata.
    let labels = ["service.name"].into_iter().chain(LABELS);
    let index = Yaml::map([("action", "index_label".into()), ("attributes", Yaml::list(labels))]);
    let resource = Yaml::map([("ignore_defaults", true.into()), ("attributes_config", Yaml::list([index]))]);
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

fn compactor(storage: Storage) -> Yaml {
    Yaml::map([
        ("working_directory", "/loki/compactor".into()),
        ("retention_enabled", true.into()),
        // Loki does not start without it when old lines are to be deleted.
        ("delete_request_store", storage.as_str().into()),
    ])
}

/// A query that is worth keeping.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedQuery {
    /// What it answers.
    pub title: &'static str,
    /// The `LogQL`.
    pub logql: String,
}

/// The saved queries of a service.
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
        ("failed requests slower than a second", format!("{all} | json | level=\"error\" | {duration} > 1s")),
        ("lines by level", format!("sum(count_over_time({all}[5m])) by (level)")),
        ("99th percentile of the duration by endpoint, in seconds", quantile),
        ("errors and warnings", stream_with(service, &[(log::LEVEL, "=~", "error|warn")])),
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
        ("lines of one request: put its id in", format!("{all} | {} = \"put-the-id-in\"", log::REQUEST_ID)),
    ]
    .into_iter()
    .map(|(title, logql)| SavedQuery { title, logql })
    .collect()
}

/// The labels of a stream besides `service_name`: few values each, known beforehand.
pub(crate) const LABELS: [&str; 3] = ["job", log::ENV, log::LEVEL];

/// What a line is found by and must not become a label.
pub(crate) const METADATA: [&str; 3] = [log::TRACE_ID, log::SPAN_ID, log::REQUEST_ID];

/// All lines of a service.
pub(crate) fn stream(service: &Service) -> String {
    stream_with(service, &[])
}

/// The lines of a service whose labels match: key, operator, value.
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
