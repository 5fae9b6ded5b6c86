//! What the `obs` command makes of a definition, judged by the programs that read it: promtool,
//! Prometheus, amtool, Alertmanager, schemas of Kubernetes.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

mod command;
mod discovery;
mod hostile;
mod labels;
mod notification;
mod queries;
mod records;
mod routes;
mod schemas;
mod stage;
mod tools;
