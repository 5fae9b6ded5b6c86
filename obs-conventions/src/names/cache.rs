//! The metrics of caches, as `obs_core::instruments::Cache` records them.

use super::{MetricDef, MetricType::Counter, label};

/// The default namespace of caches.
pub const DEFAULT_NAMESPACE: &str = "cache";

/// Look-ups that found something.
pub const HITS: MetricDef = MetricDef::red(
    "hits_total",
    Counter,
    "",
    &[label::CACHE],
    "Lookups that found an entry.",
);
/// Look-ups that found nothing.
pub const MISSES: MetricDef = MetricDef::red(
    "misses_total",
    Counter,
    "",
    &[label::CACHE],
    "Lookups that found no entry.",
);
/// Entries that made room for others.
pub const EVICTIONS: MetricDef = MetricDef::red(
    "evictions_total",
    Counter,
    "",
    &[label::CACHE],
    "Entries that were evicted to make room or because they had expired.",
);
/// Look-ups that failed.
pub const ERRORS: MetricDef = MetricDef::red(
    "errors_total",
    Counter,
    "",
    &[label::CACHE],
    "Lookups that failed, neither hits nor misses.",
);

/// All of them, in the order of the documentation.
pub const ALL: [MetricDef; 4] = [HITS, MISSES, EVICTIONS, ERRORS];
