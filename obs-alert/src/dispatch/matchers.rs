//! Matchers of alerts.

use super::mutes::Labels;
use crate::{
    history::{InvalidPattern, SeriesMatcher},
    promql::{Matcher, Selector},
};

/// Matchers of the labels of an alert.
#[derive(Clone, Debug)]
pub(super) struct Matchers {
    selector: Selector,
}

/// [`Matchers`] with compiled patterns.
#[derive(Clone, Debug)]
pub(super) struct Matching(SeriesMatcher);

// === impl Matchers ===

impl Default for Matchers {
    fn default() -> Self {
        Self {
            selector: Selector::new("ALERTS"),
        }
    }
}

impl Matchers {
    pub(super) fn edit(self, change: impl FnOnce(Selector) -> Selector) -> Self {
        Self {
            selector: change(self.selector),
        }
    }

    pub(super) fn list(&self) -> &[Matcher] {
        self.selector.matchers()
    }

    pub(super) fn ready(&self) -> Result<Matching, InvalidPattern> {
        SeriesMatcher::of_labels(self.list()).map(Matching)
    }
}

// === impl Matching ===

impl Matching {
    pub(super) fn takes(&self, labels: &Labels) -> bool {
        self.0.takes(|name| labels.get(name).map(String::as_str))
    }
}
