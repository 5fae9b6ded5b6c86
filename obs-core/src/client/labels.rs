//! Labels of a client's own.

use std::{fmt, sync::Arc};

use super::ClientRequest;
use crate::{
    guard::Guarded,
    request::{HeaderReader, LabelList, OwnLabels},
};

/// Finds the value of a label.
type LabelFn = Arc<Guarded<dyn Fn(&ClientRequest<'_>, &dyn HeaderReader) -> Option<&'static str> + Send + Sync>>;

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
            self.values.push(Arc::new(Guarded::new("the label function of a client", value)));
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
        let found = |value: &LabelFn| value.call(|value| value(request, headers)).flatten();
        self.values.iter().map(|value| found(value).unwrap_or_default()).collect()
    }
}

impl fmt::Debug for ClientLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.own.fmt(f)
    }
}
