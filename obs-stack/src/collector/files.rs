//! The files of the collector.

use obs_rules::definition::Definition;

use super::config;
use crate::{File, yaml};

const ABOUT: &str = "OpenTelemetry Collector, contrib distribution: services -> Tempo and Loki.\nServices send to it with \
                     OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4318\nLines of files come by this or by Alloy: \
                     with both, each is stored twice.";

/// `otel-collector/config.yaml`.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    vec![File::new("otel-collector/config.yaml", yaml::document(ABOUT, &config::config(definition)))]
}
