//! Names and labels that could not be had as they were wanted.

use std::{
    collections::HashSet,
    fmt,
    mem::{self, Discriminant},
    sync::{Mutex, PoisonError, atomic::Ordering::Relaxed},
};

use super::{
    clean::{self, MAX_NAME},
    family::{Cell, Family},
};
use crate::names::{metric, target};

/// Clashes that are warned about one by one. A program that makes up names has no end of them.
const MAX_WARNINGS: usize = 100;

/// A name that could not be had as it was wanted.
#[derive(Debug)]
pub(super) struct Clash {
    pub(super) metric: String,
    pub(super) what: ClashKind,
}

#[derive(Debug)]
pub(super) enum ClashKind {
    /// Two spellings of one name.
    Merged { spelling: String },
    /// The name, or one derived from it, belongs to another metric.
    Refused { by: String },
    /// A metric of the layer took the name of one that was there before.
    Evicted { by: String },
    /// The description's unit makes a name that belongs to another metric.
    UnitRefused { by: String },
    /// Labels that clash with each other or with Prometheus, or are too long or too many.
    Labels,
    /// There are too many metrics.
    TooMany { limit: usize },
}

/// The clashes that were warned about: each kind of clash of a metric once, and not more of them
/// than [`MAX_WARNINGS`].
#[derive(Debug, Default)]
pub(super) struct ClashWarnings {
    given: Mutex<HashSet<(String, Discriminant<ClashKind>)>>,
}

// === impl ClashWarnings ===

impl ClashWarnings {
    /// Warns about a clash, unless that was done before.
    pub(super) fn warn(&self, Clash { metric, what }: &Clash) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = given.len() < MAX_WARNINGS && given.insert((metric.clone(), mem::discriminant(what)));
        let is_last = is_new && given.len() == MAX_WARNINGS;
        // Whoever listens may record metrics that clash.
        drop(given);
        if is_new {
            tracing::warn!(target: target::OBS, metric, "metric clashes with another: {what}");
        }
        if is_last {
            let counter = metric::NAME_CLASHES.name("");
            tracing::warn!(target: target::OBS, "{MAX_WARNINGS} metrics clash, further ones are only counted in {counter}");
        }
    }
}

/// Says that labels of a metric were repaired, the first time only.
pub(super) fn labels_repaired<C: Cell>(family: &Family<C>, name: &str) -> Option<Clash> {
    let first = !family.repaired.swap(true, Relaxed);
    first.then(|| Clash {
        metric: clean::metric_name(clean::cut(name, MAX_NAME)).into_owned(),
        what: ClashKind::Labels,
    })
}

impl fmt::Display for ClashKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Merged { spelling } => write!(f, "{spelling:?} is another spelling of its name and counts there"),
            Self::Refused { by } => write!(f, "its name belongs to {by}, so it is not on the page"),
            Self::Evicted { by } => write!(f, "its name belongs to {by} of the layer, so it left the page"),
            Self::UnitRefused { by } => write!(f, "with its unit its name would belong to {by}, so it has none"),
            Self::Labels => f.write_str(
                "its labels clash with each other or with Prometheus, or are too long or too many, and were repaired",
            ),
            Self::TooMany { limit } => write!(f, "there are {limit} metrics already, so it is not on the page"),
        }
    }
}
