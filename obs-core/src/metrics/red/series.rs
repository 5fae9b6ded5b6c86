//! The series of a route: one for each way its requests end, one for each type of error.

use std::sync::OnceLock;

use obs_conventions::Outcome;

use super::{
    Measured, RedMetric, Store,
    handle::{CountHandle, UnitsHandle},
};
use crate::metrics::{
    cells::Ids,
    family::Labelled,
    labels::{Labels, LabelsRef},
};

/// Requests of one route that ended with one status in one way.
///
/// `requests_total` and `request_duration_seconds` are both read from the cells of this one
/// histogram: its count is the former, and the latter adds up what differs in the outcome only.
#[derive(Debug)]
pub(super) struct OutcomeSeries {
    labels: Labels,
    /// Length of the labels' text without the outcome, which comes last.
    duration_text: usize,
    pub(super) duration: UnitsHandle,
    /// The counter, where it can't be read from the histogram.
    total: Option<CountHandle>,
    /// Sizes of bodies, if they have labels for status and error.
    request_size: OnceLock<UnitsHandle>,
    response_size: OnceLock<UnitsHandle>,
    pub(super) created: u64,
}

/// An [`OutcomeSeries`] as its route finds it.
#[derive(Debug)]
pub(super) struct OutcomeSlot {
    pub(super) status: u16,
    pub(super) outcome: Outcome,
    /// Set if durations have a label for it.
    pub(super) error_type: Option<Box<str>>,
    pub(super) series: std::sync::Arc<OutcomeSeries>,
}

/// Errors of one route and type.
#[derive(Debug)]
pub(super) struct ErrorSeries {
    labels: Labels,
    pub(super) count: CountHandle,
    pub(super) created: u64,
}

/// An [`ErrorSeries`] as its route finds it.
#[derive(Debug)]
pub(super) struct ErrorSlot {
    pub(super) error_type: Box<str>,
    pub(super) series: std::sync::Arc<ErrorSeries>,
}

// === impl OutcomeSeries ===

impl OutcomeSeries {
    pub(super) fn new(labels: Labels, duration: UnitsHandle, total: Option<CountHandle>, created: u64) -> Self {
        let duration_text = labels.without_last().text.len();
        Self {
            labels,
            duration_text,
            duration,
            total,
            request_size: OnceLock::new(),
            response_size: OnceLock::new(),
            created,
        }
    }

    #[inline]
    pub(super) fn record(&self, nanoseconds: u64, ids: Option<Ids>) {
        self.duration.record(nanoseconds, ids);
        if let Some(total) = &self.total {
            total.increment(ids);
        }
    }

    /// Records the sizes of the bodies, as far as they are known and `store` has them.
    pub(super) fn record_sizes(&self, store: &Store, measured: &Measured<'_>) {
        let &Measured {
            request_bytes,
            response_bytes,
            exemplar,
            ..
        } = measured;
        for (metric, bytes) in [
            (RedMetric::RequestSize, request_bytes),
            (RedMetric::ResponseSize, response_bytes),
        ] {
            let (Some(bytes), Some(handle)) = (bytes, self.size(metric).filter(|_| store.has(metric))) else {
                continue;
            };
            handle
                .get_or_init(|| store.new_size(metric, self.duration_labels()))
                .record(bytes, exemplar);
        }
    }

    /// The histogram of sizes.
    pub(super) fn size(&self, metric: RedMetric) -> Option<&OnceLock<UnitsHandle>> {
        match metric {
            RedMetric::RequestSize => Some(&self.request_size),
            RedMetric::ResponseSize => Some(&self.response_size),
            _ => None,
        }
    }

    /// The labels of the duration: all but the outcome.
    pub(super) fn duration_labels(&self) -> LabelsRef<'_> {
        let LabelsRef { pairs, text } = self.labels.as_ref();
        LabelsRef {
            pairs: &pairs[..pairs.len().saturating_sub(1)],
            text: &text[..self.duration_text],
        }
    }
}

impl Labelled for OutcomeSeries {
    fn labels(&self) -> &Labels {
        &self.labels
    }
}

// === impl ErrorSeries ===

impl ErrorSeries {
    pub(super) fn new(labels: Labels, count: CountHandle, created: u64) -> Self {
        Self { labels, count, created }
    }
}

impl Labelled for ErrorSeries {
    fn labels(&self) -> &Labels {
        &self.labels
    }
}
