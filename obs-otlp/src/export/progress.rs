//! How far the export of a batch has come.

use std::cell::RefCell;

/// What has become of the items of a batch so far, told by the exporter while it works: the worker may end it at any
/// moment.
#[derive(Debug, Default)]
pub(super) struct Progress(RefCell<Delivery>);

/// Of the items that it does not count, nothing is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) arrived: usize,
    pub(super) refused: usize,
    /// Lost for their size alone.
    pub(super) too_large: usize,
    /// Why items are lost, as far as they are.
    pub(super) error: Option<String>,
    /// What the collector says about items that it has taken.
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

    /// Why the last attempt failed, which goes on.
    pub(super) fn retrying(&self, error: &str) {
        self.0.borrow_mut().error = Some(error.to_owned());
    }

    /// What failed is over.
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
