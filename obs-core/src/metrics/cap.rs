//! How many series a metric may have.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use ::metrics::{Counter, Key, Label, Level, Metadata, Recorder};

use crate::names::{label, metric, target};

/// The default of the number of series of a metric.
pub(super) const DEFAULT_SERIES_CAP: usize = 2_000;

/// Metadata of the metrics that obs records into a facade recorder.
pub(super) const METADATA: Metadata<'static> = Metadata::new(target::OBS, Level::INFO, None);

/// Counts the series of one metric and says when there are enough.
#[derive(Debug)]
pub(super) struct Cap {
    metric: Box<str>,
    limit: usize,
    used: AtomicUsize,
    warned: AtomicBool,
    refused: OnceLock<Counter>,
}

/// The metric of a registry that counts refusals.
pub(super) trait OverflowCounters: Send + Sync {
    /// Counts the series that `metric` could not have.
    fn of(&self, metric: &str) -> Counter;
}

/// Where a refusal is counted.
#[derive(Clone)]
pub(super) enum Reporter {
    /// The metric of a registry: `obs_series_overflow_total`.
    Own(Arc<dyn OverflowCounters>),
    /// The same metric in a recorder of the facade.
    Facade(Arc<dyn Recorder + Send + Sync>),
    /// Nowhere: the metrics that count refusals themselves.
    Silent,
}

// === impl Cap ===

impl Cap {
    pub(super) fn new(metric: &str, limit: usize) -> Self {
        Self {
            metric: metric.into(),
            limit,
            used: AtomicUsize::new(0),
            warned: AtomicBool::new(false),
            refused: OnceLock::new(),
        }
    }

    /// Whether one more series fits; if so, it counts from now on.
    pub(super) fn admit(&self) -> bool {
        self.used
            .fetch_update(Relaxed, Relaxed, |used| (used < self.limit).then_some(used + 1))
            .is_ok()
    }

    /// Frees the place of a removed series.
    pub(super) fn release(&self) {
        // Freeing more places than were taken has no effect.
        let _ = self.used.fetch_update(Relaxed, Relaxed, |used| used.checked_sub(1));
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Counts a series that did not fit, and warns about the first one.
    pub(super) fn refuse(&self, reporter: &Reporter) {
        self.refused
            .get_or_init(|| reporter.overflow_counter(&self.metric))
            .increment(1);
        if !self.warned.swap(true, Relaxed) {
            tracing::warn!(
                target: target::OBS,
                metric = &*self.metric,
                cap = self.limit,
                "metric has reached its cap of series, new ones go to the series `_overflow`"
            );
        }
    }
}

// === impl Reporter ===

impl Reporter {
    fn overflow_counter(&self, name: &str) -> Counter {
        match self {
            Self::Own(counters) => counters.of(name),
            Self::Facade(recorder) => {
                let labels = vec![Label::new(label::METRIC, name.to_owned())];
                recorder.register_counter(&Key::from_parts(metric::SERIES_OVERFLOW.name(""), labels), &METADATA)
            }
            Self::Silent => Counter::noop(),
        }
    }
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Own(_) => "Own",
            Self::Facade(_) => "Facade",
            Self::Silent => "Silent",
        })
    }
}
