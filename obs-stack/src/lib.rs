//! Generates the configuration of everything around a service from one definition.
//!
//! The definition, `obs.yaml`, names services with their endpoints, SLOs and alerts;
//! [`obs_rules::definition`] describes its keys. [`files`] returns every file that follows
//! from it, and [`output::Folder`] writes them or compares them with what is on disk. The
//! modules do the same for one program each:
//!
//! | module | generates | for |
//! |---|---|---|
//! | [`prometheus`] | scrape configurations, recording rules, alert rules, rule tests | Prometheus 2.42 and later; variants for 3 |
//! | [`alertmanager`] | routes, receivers, inhibition rules, notification templates | Alertmanager |
//! | [`grafana`] | dashboards, provisioning of data sources | Grafana, dashboard schema 42 |
//! | [`loki`] | configuration, saved LogQL queries | Loki 3 |
//! | [`tempo`] | configuration | Tempo |
//! | [`alloy`] | collection of log lines | Grafana Alloy |
//! | [`collector`] | pipelines for traces and logs | OpenTelemetry Collector, contrib distribution |
//! | [`kubernetes`] | monitors, rules and dashboards as objects | Prometheus Operator, dashboard sidecar of Grafana |
//! | [`compose`] | a Compose file that runs all of these | Docker Compose 2 |
//! | [`openslo`] | SLOs | tools that read OpenSLO v1 |
//! | [`runbooks`] | a Markdown page for each alert | people |
//!
//! Where no version is named, the files are written for the version that [`compose`]
//! starts.
//!
//! Generating reads and writes no files: the same definition always makes the same files.
//! Only [`output`] and [`live::fetch`] do I/O.
//!
//! # Example
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let definition = Definition::parse(
//!     "
//! version: 1
//! services:
//!   - name: orders
//!     targets: [orders:8080]
//!     endpoints: ['GET /orders/{id}']
//!     slos: [{ name: availability, objective: 99.9, window: 30d }]
//! ",
//!     "obs.yaml",
//! )?;
//! let files = obs_stack::files(&definition);
//! assert!(files.iter().any(|file| file.path == "prometheus/rules/orders.alerts.yml"));
//! assert!(files.iter().any(|file| file.path == "grafana/dashboards/orders-overview.json"));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```
//!
//! The command `obs` of the crate `obs-cli` does this from a terminal: `obs generate --spec
//! obs.yaml --out deploy`.

mod file;
mod stack;
mod subject;
mod text;
mod yaml;

pub mod alertmanager;
pub mod alloy;
pub mod collector;
pub mod compose;
pub mod grafana;
pub mod kubernetes;
pub mod live;
pub mod loki;
pub mod openslo;
pub mod output;
pub mod prometheus;
pub mod runbooks;
pub mod tempo;

pub use file::File;
pub use stack::files;

pub(crate) use file::header;
