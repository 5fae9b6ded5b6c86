//! Loki's configuration.

use super::LABELS;
use crate::yaml::{self, Yaml};

/// Where chunks and index are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    Filesystem,
    S3,
}

const ABOUT: &str = "Loki 3: index tsdb, schema v13, which structured metadata and OTLP need.";
const ABOUT_S3: &str = "\nWith its data in S3: start it with -config.expand-env=true and LOKI_S3_BUCKET and \
                        LOKI_S3_REGION\nin its environment; credentials as the AWS SDK finds them.";

pub(super) fn render(storage: Storage) -> String {
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
