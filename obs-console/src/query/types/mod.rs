//! The types of the answers. All are written as JSON with the names of their fields, and described in `openapi.json`.

mod alerts;
mod common;
mod overview;
mod rows;
pub(crate) mod schema;
mod state;
mod trace;

pub use alerts::{AlertRow, Alerts, BurnRateRow, RuleRow, SilenceRow, SloBudget};
pub use common::{Answer, Counts, Label, LeftOut, Points, Service, Window};
pub use overview::{
    Endpoint, EndpointRow, EndpointSeries, Exemplar, Heatmap, OutcomeCount, Overview, Percentiles, Saturation, Side,
    Spark, StatusCount, Telemetry, Totals,
};
pub use rows::{ErrorRow, Field, Kind, Level, Line, Phase, RecordSummary, Running, RunningList};
pub use schema::{Scalar, Time};
pub use state::{
    AttributeDifference, AuditRow, ConsoleState, ControlRow, Controls, Difference, EndpointDifference, Fact, Feature,
    HealthCheck, Metric, MetricRow, Quantile, Red, Retention, Runtime, Series, Session, SessionRights, Setting,
    Suggestions, TokioRuntime, Version,
};
pub use trace::{Span, SpanEvent, SpanStatus, Trace};
