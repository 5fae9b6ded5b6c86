//! Metrics: the registry, its page, and the RED metrics of the layers.
//!
//! ```
//! use obs_core::metrics::{Format, Registry};
//!
//! let registry = Registry::new();
//! metrics::with_local_recorder(&registry, || {
//!     metrics::describe_histogram!("order_processing", metrics::Unit::Seconds, "Time to process an order.");
//!     metrics::histogram!("order_processing", "status" => "paid").record(0.3);
//! });
//! let page = String::from_utf8(registry.render(Format::Text)).unwrap();
//! assert!(page.contains("order_processing_seconds_bucket{status=\"paid\",le=\"0.5\"} 1\n"));
//! ```
//!
//! Applications record through the macros of the `metrics` crate. What the registry does with them:
//!
//! - Names and label keys are cleaned for Prometheus; described units become suffixes; counters end
//!   in `_total`. Names that clash are refused or repaired, with one warning each and a count in
//!   `obs_metric_clashes_total`: the page is always valid.
//! - A metric has at most [2 000 series](RegistryBuilder::series_cap). What comes on top goes to one
//!   series `_overflow`, so totals stay right, and is counted in `obs_series_overflow_total`.
//! - Metric and label names are cut to 512 bytes, label values to 1 024, help texts to 4 096; a series has at
//!   most 64 labels, a registry at most 10 000 metrics.
//! - With the feature `otlp-metrics` all of it can be pushed to a collector too, see
//!   [`ObsBuilder::otlp_metrics`](crate::ObsBuilder::otlp_metrics).
//! - Inside a sampled request counters and histogram buckets keep an exemplar that leads to its trace.

mod buckets;
mod cap;
mod catalog;
mod cells;
mod clash;
mod clean;
mod descriptions;
mod family;
mod filter;
mod format;
mod guarded_recorder;
mod handles;
mod idle;
mod instance_recorder;
mod key_table;
mod kinds;
mod labels;
mod meta;
mod own_metrics;
mod pages;
mod push;
mod push_settings;
mod recorder;
mod red;
mod registry;
mod render;
mod settings;
mod snapshot;
#[cfg(test)]
mod tests;
mod text_page;

pub(crate) use buckets::validate_buckets;
pub(crate) use cells::InFlightCells;
pub(crate) use filter::Filter;
pub(crate) use format::parse_quality;
pub(crate) use guarded_recorder::GuardedRecorder;
pub(crate) use instance_recorder::InstanceRecorder;
pub(crate) use push::Pusher;
pub(crate) use push_settings::PushSettings;
pub(crate) use red::{
    ClientInFlight, ClientRed, DEFAULT_MAX_HOSTS, DimensionValues, InFlight, Measured, Push, RedOptions, ServerRed,
    StreamRecorder, Target, grpc_as_status,
};
pub(crate) use registry::Collector;

pub use buckets::{DURATION_BUCKETS, QUERY_DURATION_BUCKETS, SIZE_BUCKETS};
pub use format::Format;
pub use handles::{FloatCounter, GaugeGuard, RecordDuration, Summary, Timer};
pub use red::{Convention, MAX_LABELS};
pub use registry::Registry;
pub use settings::RegistryBuilder;
pub use snapshot::{
    BucketSnapshot, Exemplar, FamilySnapshot, HistogramSnapshot, SeriesSnapshot, SummarySnapshot, ValueSnapshot,
};
pub use text_page::TextPage;
