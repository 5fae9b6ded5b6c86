//! The metrics of database pools and their queries, as `obs_core::instruments::Database` records them.

use super::{
    MetricDef,
    MetricType::{Counter, Gauge, Histogram},
    label,
};

/// The default namespace of databases.
pub const DEFAULT_NAMESPACE: &str = "db";

/// Connections that are in use.
pub const CONNECTIONS_ACTIVE: MetricDef = MetricDef::red(
    "connections_active",
    Gauge,
    "",
    &[label::POOL],
    "Database connections in use.",
);
/// Connections that there may be.
pub const CONNECTIONS_MAX: MetricDef = MetricDef::red(
    "connections_max",
    Gauge,
    "",
    &[label::POOL],
    "Database connections that the pool may have open at once.",
);
/// From the start of a query to its result.
pub const QUERY_DURATION: MetricDef = MetricDef::red(
    "query_duration_seconds",
    Histogram,
    "seconds",
    &[label::POOL, label::OPERATION],
    "Time from the start of a database query to its result.",
);
/// Queries that have ended, each counted once.
pub const QUERIES: MetricDef = MetricDef::red(
    "queries_total",
    Counter,
    "",
    &[label::POOL, label::OPERATION, label::OUTCOME],
    "Database queries by outcome.",
);

/// All of them, in the order of the documentation.
pub const ALL: [MetricDef; 4] = [CONNECTIONS_ACTIVE, CONNECTIONS_MAX, QUERY_DURATION, QUERIES];
