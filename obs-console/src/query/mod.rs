//! The query layer: typed answers over the sources of an instance, and their renderings.
//!
//! [`answer`] takes a request below `/api/v1/`, checked and split by the server, and returns the bytes to send. It runs on
//! the console's own thread. What the paths answer is described in `openapi.json`; the [types](Answer) have the same names.
//! All lists take a filter, see [`Query`].

mod alerts;
mod answer;
mod api;
mod budgets;
mod controls;
mod convert;
mod diff;
mod durations;
mod endpoint;
mod endpoints;
mod errors;
pub mod filter;
mod filterable;
mod follow;
mod foreign;
mod history;
mod lines;
mod metrics;
#[cfg(test)]
mod openapi_tests;
mod overview;
mod page;
mod params;
mod problem;
mod quantity;
mod records;
mod red;
mod render;
mod request;
mod running;
mod runtime;
mod session;
mod sources;
mod tail;
#[cfg(test)]
mod tests;
mod trace;
mod tree;
mod types;
mod view;

pub use answer::{answer, trace};
pub use filter::{BadFilter, Key, Query};
pub use follow::Follow;
pub use foreign::{Foreign, ForeignSpan};
pub use problem::Problem;
pub use request::{ActiveControl, ApiAnswer, ApiRequest, Audited, ConsoleFacts, ControlsState, Format};
pub use sources::Sources;
pub use types::{
    AlertRow, Alerts, Answer, AttributeDifference, AuditRow, BurnRateRow, ConsoleState, ControlRow, Controls, Counts,
    Difference, Endpoint, EndpointDifference, EndpointRow, EndpointSeries, ErrorRow, Exemplar, Fact, Feature, Field,
    HealthCheck, Heatmap, Kind, Label, LeftOut, Level, Line, Metric, MetricRow, OutcomeCount, Overview, Percentiles,
    Phase, Points, Quantile, RecordSummary, Red, Retention, RuleRow, Running, RunningList, Runtime, Saturation, Scalar,
    Series, Service, Session, SessionRights, Setting, Side, SilenceRow, SloBudget, Span, SpanEvent, SpanStatus, Spark,
    StatusCount, Suggestions, Telemetry, Time, TokioRuntime, Totals, Trace, Version, Window,
};
