use obs_rules::definition::Definition;
use serde_json::Value;

use super::{LABELS, METADATA, files, queries};

const VIEWS: &str = include_str!("../tests/definitions/views.yaml");

fn definition() -> Definition {
    Definition::parse(VIEWS, "obs.yaml").unwrap_or_else(|error| panic!("{error}"))
}

fn config(path: &str) -> Value {
    let files = files(&definition());
    let file = files.iter().find(|file| file.path == path).unwrap();
    serde_saphyr::from_str(&file.content).unwrap()
}

/// What Loki refuses and requires: see the documentation of `schema_config`, `compactor` and
/// `limits_config` of Loki 3.
#[test]
fn both_configurations_are_of_the_schema_that_structured_metadata_needs() {
    for (path, store) in [
        ("loki/loki-config.yaml", "filesystem"),
        ("loki/loki-config.s3.yaml", "s3"),
    ] {
        let config = config(path);
        let period = &config["schema_config"]["configs"][0];
        assert_eq!(
            (&period["store"], &period["schema"]),
            (&"tsdb".into(), &"v13".into()),
            "{path}"
        );
        assert_eq!(period["object_store"], store, "{path}");
        assert_eq!(period["index"]["period"], "24h", "{path}");
        assert!(
            period["from"].as_str().unwrap() < "2026-11",
            "{path}: lines before have no schema"
        );
        assert!(config["common"]["storage"][store].is_object(), "{path}");
        assert_eq!(config["limits_config"]["allow_structured_metadata"], true, "{path}");
        assert_eq!(config["compactor"]["retention_enabled"], true, "{path}");
        assert_eq!(config["compactor"]["delete_request_store"], store, "{path}");
    }
}

/// `common.instance_addr` is what Loki gives to its rings and to the frontend that its queriers connect to; the ring's
/// own key reaches the rings alone (`applyInstanceConfigs` of Loki's `config_wrapper.go`).
#[test]
fn rings_and_query_frontend_have_one_address_on_the_loopback() {
    for path in ["loki/loki-config.yaml", "loki/loki-config.s3.yaml"] {
        let common = &config(path)["common"];
        assert_eq!(common["instance_addr"], "127.0.0.1", "{path}");
        assert!(common["ring"].get("instance_addr").is_none(), "{path}");
        assert_eq!(common["ring"]["kvstore"]["store"], "inmemory", "{path}");
    }
}

#[test]
fn samples_older_than_a_week_are_refused() {
    let limits = &config("loki/loki-config.yaml")["limits_config"];
    assert_eq!(limits["reject_old_samples"], true);
    assert_eq!(limits["reject_old_samples_max_age"], "168h");
}

#[test]
fn the_configurations_have_no_key_that_loki_does_not_know() {
    const KNOWN: [(&str, &[&str]); 9] = [
        (
            "",
            &[
                "auth_enabled",
                "server",
                "common",
                "schema_config",
                "limits_config",
                "compactor",
                "analytics",
            ],
        ),
        ("server", &["http_listen_port", "log_level"]),
        (
            "common",
            &["instance_addr", "path_prefix", "storage", "replication_factor", "ring"],
        ),
        ("common/ring", &["kvstore"]),
        ("schema_config", &["configs"]),
        (
            "schema_config/configs/0",
            &["from", "store", "object_store", "schema", "index"],
        ),
        (
            "limits_config",
            &[
                "reject_old_samples",
                "reject_old_samples_max_age",
                "retention_period",
                "allow_structured_metadata",
                "volume_enabled",
                "max_line_size",
                "max_line_size_truncate",
                "max_label_names_per_series",
                "max_global_streams_per_user",
                "ingestion_rate_mb",
                "ingestion_burst_size_mb",
                "per_stream_rate_limit",
                "per_stream_rate_limit_burst",
                "otlp_config",
            ],
        ),
        (
            "compactor",
            &["working_directory", "retention_enabled", "delete_request_store"],
        ),
        ("analytics", &["reporting_enabled"]),
    ];
    for path in ["loki/loki-config.yaml", "loki/loki-config.s3.yaml"] {
        let config = config(path);
        for (place, keys) in KNOWN {
            let pointer = if place.is_empty() {
                String::new()
            } else {
                format!("/{place}")
            };
            for key in config.pointer(&pointer).unwrap().as_object().unwrap().keys() {
                assert!(keys.contains(&key.as_str()), "{path}: {place}: {key}");
            }
        }
    }
}

#[test]
fn ids_are_no_labels() {
    let config = config("loki/loki-config.yaml");
    let labels = &config["limits_config"]["otlp_config"]["resource_attributes"]["attributes_config"][0];
    assert_eq!(labels["action"], "index_label");
    let labels: Vec<_> = labels["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    assert_eq!(labels, ["service.name", "job", "env", "level"]);
    assert!(METADATA.iter().all(|id| !labels.contains(id) && !LABELS.contains(id)));
}

#[test]
fn the_saved_queries_of_a_service() {
    let definition = definition();
    let queries = queries(&definition.services[0]);
    let texts: Vec<_> = queries.iter().map(|query| query.logql.as_str()).collect();
    for text in [
        "{job=\"payment-service\"} |= \"ERROR\"",
        "{job=\"payment-service\"} | json | level=\"error\" | duration > 1s",
        "sum(count_over_time({job=\"payment-service\"}[5m])) by (level)",
    ] {
        assert!(texts.contains(&text), "{text}");
    }
    assert!(
        texts
            .iter()
            .any(|text| text.starts_with("quantile_over_time(0.99, ") && text.contains("unwrap"))
    );
    assert!(texts.iter().all(|text| !text.contains("histogram_quantile")));
}
