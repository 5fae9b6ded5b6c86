//! Files of
//! [Prometheus](https://prometheus.io/docs/prometheus/latest/configuration/configuration/):
//! scrape configurations, recording rules, alert rules, and unit tests of the rules.
//!
//! | file | content |
//! |---|---|
//! | `prometheus/prometheus.yml` | scrapes the `targets` of the definition |
//! | `prometheus/prometheus-file.yml` | finds targets in files (`prometheus/targets/*.yml`) |
//! | `prometheus/prometheus-http.yml` | gets its targets from an HTTP service, if `links.discovery` names one |
//! | `prometheus/prometheus-kubernetes.yml` | finds pods by their `prometheus.io/` annotations |
//! | `prometheus/*-v3.yml` | the same for Prometheus 3: native histograms, protobuf |
//! | `prometheus/prometheus-compose.yml` | the one of [`compose`](crate::compose) |
//! | `prometheus/rules/SERVICE.slos.yml` | recording rules of the SLOs |
//! | `prometheus/rules/SERVICE.alerts.yml` | alert rules |
//! | `prometheus/tests/SERVICE.yml`, `SERVICE.slos.yml` | for `promtool test rules`: each alert fires when it should, and only then |
//!
//! Configurations without `-v3` are for Prometheus 2.42 and later. All scrape every 15
//! seconds, evaluate rules every 30 seconds, and send alerts to `alertmanager:9093`. Start
//! Prometheus with `--enable-feature=exemplar-storage`, and with a retention for the
//! longest SLO: the header of each file names it.
//!
//! | limit of a scrape | value |
//! |---|---|
//! | `sample_limit` | 100 000 samples |
//! | `label_limit` | 64 labels of a sample |
//! | `label_name_length_limit`, `label_value_length_limit` | 256 and 4 096 bytes |
//! | `body_size_limit` | 64 MB |
//!
//! Recorded series have the labels `job` and `slo`, and the names that
//! [Sloth](https://sloth.dev) uses where it has them: `slo:sli_error:ratio_rate5m`,
//! `slo:period_error_budget_remaining:ratio`.
//!
//! ```
//! use obs_rules::definition::Definition;
//! use obs_stack::prometheus::{Discovery, Release, config};
//!
//! let text = "version: 1\nservices: [{ name: orders, targets: [orders:8080] }]";
//! let definition = Definition::parse(text, "obs.yaml")?;
//! let file = config(&definition, Discovery::Static, Release::Any);
//! assert_eq!(file.path, "prometheus/prometheus.yml");
//! assert!(file.content.contains("job_name: orders"));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

mod config;
mod discovery;
mod rules;
mod slos;
mod unit_tests;

pub use config::{Discovery, Release, config, files};

pub(crate) use config::{config_for_compose, groups};
pub(crate) use rules::{Group, document};
pub(crate) use slos::{retention_days, retention_note, series as slo_series};
