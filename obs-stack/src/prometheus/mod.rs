//! Prometheus: what it scrapes, what it records, when it raises alarm, and the tests of all that.
//!
//! | file | is |
//! |---|---|
//! | `prometheus/prometheus.yml` | scrapes the targets that the definition names; for Prometheus 2.42 and later |
//! | `prometheus/prometheus-file.yml` | finds targets in files (`prometheus/targets/*.yml`) |
//! | `prometheus/prometheus-http.yml` | asks an HTTP service for targets, if the definition names one |
//! | `prometheus/prometheus-kubernetes.yml` | finds pods by their `prometheus.io/` annotations |
//! | `prometheus/*-v3.yml` | the same with what only Prometheus 3 understands |
//! | `prometheus/prometheus-compose.yml` | the one of [`compose`](crate::compose): static, for Prometheus 3 |
//! | `prometheus/rules/SERVICE.slos.yml` | what its SLOs' alerts and dashboards read, recorded |
//! | `prometheus/rules/SERVICE.alerts.yml` | alert rules |
//! | `prometheus/tests/SERVICE.yml`, `SERVICE.slos.yml` | for `promtool test rules`: each alert fires, and stays silent |

mod config;
mod discovery;
mod rules;
mod slos;
mod unit_tests;

pub use config::{Discovery, Release, config, files};

pub(crate) use config::{config_for_compose, groups};
pub(crate) use rules::{Group, document};
pub(crate) use slos::{retention_days, retention_note, series as slo_series};
