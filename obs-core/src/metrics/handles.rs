//! Metric types that the facade lacks, and conveniences for those that it has.

use std::{fmt, sync::Arc, time::Duration};

use ::metrics::{Gauge, Histogram, IntoF64, Unit};

use super::{
    Registry,
    catalog::InCatalog,
    cells::{FloatCells, SummaryCells},
    clash::labels_repaired,
    family::Series,
    kinds::InfoCell,
    labels::Labels,
    meta,
};
use crate::{clock::Moment, context::exemplar_ids, names::MetricType};

/// A counter of amounts that are not whole: money, seconds, litres.
///
/// The facade's counters are `u64`. Exact amounts of money belong in the database; this is for
/// graphs.
///
/// ```
/// use obs_core::metrics::{Format, Registry};
///
/// let registry = Registry::new();
/// registry.float_counter("order_value_total", &[("currency", "EUR")]).increment(19.99);
/// let page = String::from_utf8(registry.render(Format::Text)).unwrap();
/// assert!(page.contains("order_value_total{currency=\"EUR\"} 19.99\n"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a counter does nothing unless it is used"]
pub struct FloatCounter {
    series: Arc<Series<FloatCells>>,
}

/// Quantiles that the process computes: 0.5, 0.9, 0.95 and 0.99 over a sliding window, off by 1 % at
/// most.
///
/// Quantiles of several processes can't be combined; where there are several, use a histogram.
///
/// ```
/// use obs_core::metrics::{Format, Registry};
///
/// let registry = Registry::new();
/// let processing = registry.summary("order_processing_seconds", &[("status", "paid")]);
/// processing.record(0.25);
/// let page = String::from_utf8(registry.render(Format::Text)).unwrap();
/// assert!(page.contains("order_processing_seconds_count{status=\"paid\"} 1\n"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a summary does nothing unless it is used"]
pub struct Summary {
    series: Arc<Series<SummaryCells>>,
}

/// Measures how long something takes, on the monotonic clock.
///
/// ```
/// use obs_core::metrics::Timer;
///
/// let timer = Timer::start();
/// // … the work …
/// timer.record(&metrics::histogram!("order_processing_seconds"));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a timer that is not recorded measures nothing"]
pub struct Timer {
    start: Moment,
}

/// A metric that a [`Timer`] can record into: a histogram of the facade, or a [`Summary`]. Sealed.
///
/// ```
/// use std::time::Duration;
/// use obs_core::metrics::RecordDuration as _;
///
/// metrics::histogram!("job_duration_seconds").record_duration(Duration::from_millis(250));
/// ```
pub trait RecordDuration: sealed::Sealed {
    /// Records a duration, in seconds.
    fn record_duration(&self, duration: Duration);
}

/// Raises a gauge by one until it is dropped: how many are at work, connected, waiting.
///
/// ```
/// use obs_core::metrics::GaugeGuard;
///
/// async fn work() {
///     let _at_work = GaugeGuard::new(metrics::gauge!("jobs_at_work"));
///     // … the work; however it ends, the gauge goes down again
/// }
/// ```
#[must_use = "the gauge goes down when the guard is dropped"]
pub struct GaugeGuard {
    gauge: Gauge,
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for metrics::Histogram {}
    impl Sealed for super::Summary {}
}

// === impl Registry ===

impl Registry {
    /// The float counter of this name and these labels. The name ends in `_total` on the page.
    pub fn float_counter(&self, name: &str, labels: &[(&str, &str)]) -> FloatCounter {
        FloatCounter {
            series: self.typed(name, labels),
        }
    }

    /// The summary of this name and these labels.
    pub fn summary(&self, name: &str, labels: &[(&str, &str)]) -> Summary {
        Summary {
            series: self.typed(name, labels),
        }
    }

    /// Sets an info metric: a constant 1 whose labels are the message. The name ends in `_info` on
    /// the page; a second call replaces the labels.
    ///
    /// ```
    /// use obs_core::metrics::{Format, Registry};
    ///
    /// let registry = Registry::new();
    /// registry.set_info("features", &[("checkout", "v2"), ("search", "off")]);
    /// let page = String::from_utf8(registry.render(Format::Text)).unwrap();
    /// assert!(page.contains("features_info{checkout=\"v2\",search=\"off\"} 1\n"));
    /// ```
    pub fn set_info(&self, name: &str, labels: &[(&str, &str)]) {
        self.family::<InfoCell>(name).clear();
        let _: Arc<Series<InfoCell>> = self.typed(name, labels);
    }

    /// Describes a metric of any type, as `describe_counter!` and its companions do for the facade's
    /// own: help text, and a unit that becomes the suffix of the name.
    pub fn describe_metric(
        &self,
        metric_type: MetricType,
        name: &str,
        unit: Option<Unit>,
        help: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        self.describe(
            metric_type,
            name,
            unit.map(meta::unit_suffix).unwrap_or_default(),
            help.into(),
        );
    }

    fn typed<C: InCatalog>(&self, name: &str, labels: &[(&str, &str)]) -> Arc<Series<C>> {
        let family = self.family::<C>(name);
        let (labels, repaired) = Labels::repaired(labels.iter().copied());
        if repaired {
            self.report(labels_repaired(&family, name));
        }
        family.series(labels, self.overflow()).series
    }
}

// === impl FloatCounter ===

impl FloatCounter {
    /// Adds an amount. Negative amounts and those that are not finite are ignored: a counter only
    /// grows. Inside a sampled request it keeps an exemplar.
    pub fn increment(&self, amount: f64) {
        self.series.cells.add(amount, exemplar_ids());
    }
}

// === impl Summary ===

impl Summary {
    /// Records a value, in the unit of the metric; a [`Duration`] in seconds. What is not finite is
    /// ignored.
    pub fn record(&self, value: impl IntoF64) {
        self.series.cells.record(value.into_f64());
    }
}

// === impl Timer ===

impl Timer {
    /// Starts now.
    pub fn start() -> Self {
        Self { start: Moment::now() }
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Records the time since the start, in seconds, and returns it.
    pub fn record(self, to: &impl RecordDuration) -> Duration {
        let elapsed = self.elapsed();
        to.record_duration(elapsed);
        elapsed
    }
}

impl RecordDuration for Histogram {
    fn record_duration(&self, duration: Duration) {
        self.record(duration);
    }
}

impl RecordDuration for Summary {
    fn record_duration(&self, duration: Duration) {
        self.record(duration);
    }
}

// === impl GaugeGuard ===

impl GaugeGuard {
    /// Raises `gauge` by one.
    pub fn new(gauge: Gauge) -> Self {
        gauge.increment(1.0);
        Self { gauge }
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.gauge.decrement(1.0);
    }
}

impl fmt::Debug for GaugeGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GaugeGuard").finish_non_exhaustive()
    }
}
