//! Labels of a client's own.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::ClientRequest;
use crate::request::{HeaderReader, LabelList, OwnLabels};

/// Finds the value of a label.
type LabelFn = Arc<dyn Fn(&ClientRequest<'_>, &dyn HeaderReader) -> Option<&'static str> + Send + Sync>;

/// The labels of a client, and how their values are found.
#[derive(Clone, Default)]
pub(super) struct ClientLabels {
    own: OwnLabels,
    /// In the order of the labels.
    values: Vec<LabelFn>,
}

// === impl ClientLabels ===

impl ClientLabels {
    /// Takes a label, if it can be one; a client must not fail over it.
    pub(super) fn add(
        &mut self,
        label: LabelList,
        value: impl Fn(&ClientRequest<'_>, &dyn HeaderReader) -> Option<&'static str> + Send + Sync + 'static,
    ) {
        if self.own.add(label) {
            self.values.push(Arc::new(value));
        }
    }

    pub(super) fn accepted(&self) -> &[LabelList] {
        self.own.accepted()
    }

    /// Says what was left out.
    pub(super) fn warn(&self) {
        self.own.warn();
    }

    /// The values for a request; empty for none. Without labels this allocates nothing.
    pub(super) fn values(&self, request: &ClientRequest<'_>, headers: &dyn HeaderReader) -> Box<[&'static str]> {
        // A function of the user's that panics must not take the request with it.
        let found = |value: &LabelFn| catch_unwind(AssertUnwindSafe(|| value(request, headers))).ok().flatten();
        self.values.iter().map(|value| found(value).unwrap_or_default()).collect()
    }
}

impl fmt::Debug for ClientLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.own.fmt(f)
    }
}
