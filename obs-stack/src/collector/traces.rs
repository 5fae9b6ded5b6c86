//! Traces: which are kept.

use std::time::Duration;

use obs_conventions::names::{attribute, kept};
use obs_rules::{Sli, definition::Definition};

use super::config::{self, BATCH, MEMORY_LIMITER, OTLP};
use crate::yaml::Yaml;

pub(super) const EXPORTER: &str = "otlp_http/tempo";
const TAIL: &str = "tail_sampling";

/// Of the traces that neither failed nor took long, in percent.
const OTHERS: u64 = 10;

pub(super) fn pipeline() -> Yaml {
    // Batches after the decision: it needs all spans of a trace, and batches of what is kept.
    config::pipeline(vec![OTLP.to_owned()], &[MEMORY_LIMITER, TAIL, BATCH], EXPORTER)
}

pub(super) fn processors(definition: &Definition) -> [(String, Yaml); 1] {
    let policies = [errors(), slow(definition), kept_by_service(), others()];
    let config = Yaml::map([
        // From the first span on: longer than requests take, or what comes late is judged by itself.
        ("decision_wait", "10s".into()),
        ("num_traces", 50_000.into()),
        ("expected_new_traces_per_sec", 100.into()),
        ("policies", Yaml::list(policies)),
    ]);
    [(TAIL.to_owned(), config)]
}

fn policy(name: &str, kind: &str, settings: Yaml) -> Yaml {
    Yaml::map([("name", name.into()), ("type", kind.into()), (kind, settings)])
}

fn errors() -> Yaml {
    policy("errors", "status_code", Yaml::map([("status_codes", Yaml::list(["ERROR"]))]))
}

/// Slower than the strictest of the latencies that are promised, else than a second.
fn slow(definition: &Definition) -> Yaml {
    let thresholds = definition.services.iter().flat_map(|service| &service.slos).filter_map(|slo| match slo.sli() {
        Sli::Latency { threshold } => Some(threshold),
        _ => None,
    });
    let threshold = thresholds.min().unwrap_or(Duration::from_secs(1)).as_millis();
    let threshold = u64::try_from(threshold).unwrap_or(u64::MAX);
    policy("slow", "latency", Yaml::map([("threshold_ms", threshold.into())]))
}

/// Spans that a service sends although their trace was not sampled: it has a reason.
fn kept_by_service() -> Yaml {
    let settings = Yaml::map([("key", attribute::OBS_KEPT.into()), ("values", Yaml::list([kept::ERROR, kept::SLOW]))]);
    policy("kept-by-service", "string_attribute", settings)
}

fn others() -> Yaml {
    policy("others", "probabilistic", Yaml::map([("sampling_percentage", OTHERS.into())]))
}
