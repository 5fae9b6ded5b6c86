//! The gauge of requests in flight.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::handle::InFlightHandle;
use crate::metrics::{family::Labelled, labels::Labels};

/// How many requests of some routes are in flight.
#[derive(Debug)]
pub(super) struct InFlightSeries {
    labels: Labels,
    pub(super) handle: InFlightHandle,
    pub(super) created: u64,
    /// Whether it belongs on the page even at 0.
    kept: AtomicBool,
}

// === impl InFlightSeries ===

impl InFlightSeries {
    pub(super) fn new(labels: Labels, handle: InFlightHandle, created: u64) -> Self {
        Self {
            labels,
            handle,
            created,
            kept: AtomicBool::new(false),
        }
    }

    /// Keeps the gauge on the page from now on.
    pub(super) fn keep(&self) {
        self.kept.store(true, Relaxed);
    }

    /// Whether a gauge that stands at `level` belongs on the page: something was recorded there, or
    /// it is up, or it was there before. A provisional pair that was confirmed leaves nothing behind.
    pub(super) fn is_on_page(&self, level: i64) -> bool {
        if level != 0 {
            self.keep();
        }
        self.kept.load(Relaxed)
    }
}

impl Labelled for InFlightSeries {
    fn labels(&self) -> &Labels {
        &self.labels
    }
}
