//! Which versions run: those that the generated files were written for.

pub(super) const PROMETHEUS: &str = "docker.io/prom/prometheus:v3.14.0";
pub(super) const ALERTMANAGER: &str = "docker.io/prom/alertmanager:v0.34.0";
pub(super) const GRAFANA: &str = "docker.io/grafana/grafana:13.2.0";
pub(super) const LOKI: &str = "docker.io/grafana/loki:3.7.0";
pub(super) const TEMPO: &str = "docker.io/grafana/tempo:3.0.0";
pub(super) const COLLECTOR: &str = "docker.io/otel/opentelemetry-collector-contrib:0.159.0";
pub(super) const ALLOY: &str = "docker.io/grafana/alloy:v1.21.2";
