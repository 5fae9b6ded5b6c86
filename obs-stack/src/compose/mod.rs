//! A Compose file that starts everything around the services.
//!
//! `compose.yaml` runs Prometheus, Alertmanager, Grafana, Loki, Tempo and the OpenTelemetry Collector with the
//! generated files; the services run beside it, on the host or elsewhere. `prometheus/prometheus-compose.yml` is
//! what Prometheus reads there: a target on the loopback of the host is reached as `host.docker.internal`.

mod files;
mod images;
mod services;
mod targets;

#[cfg(test)]
mod tests;

pub use files::files;
