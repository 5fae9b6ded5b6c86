//! The progress of the export of a batch.

use std::cell::RefCell;

/// The part of a batch that was delivered so far. The exporter reports it while it works, since the worker may cancel
/// it at any time.
#[derive(Debug, Default)]
pub(super) struct Progress(RefCell<Delivery>);

/// The result of an export. The state of items that it does not count is unknown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) arrived: usize,
    pub(super) refused: usize,
    /// Lost because of their size.
    pub(super) too_large: usize,
    /// Why items were lost, if any were.
    pub(super) error: Option<String>,
    /// A warning of the collector about items that it has accepted.
    pub(super) warning: Option<String>,
}

// === impl Progress ===

impl Progress {
    pub(super) fn arrived(&self, items: usize) {
        self.0.borrow_mut().arrived += items;
    }

    pub(super) fn refused(&self, items: usize, error: String) {
        let mut delivery = self.0.borrow_mut();
        delivery.refused += items;
        delivery.error = Some(error);
    }

    pub(super) fn too_large(&self, items: usize, error: String) {
        let mut delivery = self.0.borrow_mut();
        delivery.too_large += items;
        delivery.error.get_or_insert(error);
    }

    pub(super) fn warned(&self, warning: String) {
        self.0.borrow_mut().warning = Some(warning);
    }

    /// The error of the last attempt, which is retried.
    pub(super) fn retrying(&self, error: &str) {
        self.0.borrow_mut().error = Some(error.to_owned());
    }

    /// A retry has succeeded.
    pub(super) fn forget_error(&self) {
        let mut delivery = self.0.borrow_mut();
        if delivery.refused + delivery.too_large == 0 {
            delivery.error = None;
        }
    }

    pub(super) fn into_delivery(self) -> Delivery {
        self.0.into_inner()
    }
}
