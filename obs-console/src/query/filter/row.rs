//! What a filter sees of a row.

use std::{borrow::Cow, time::Duration};

use super::Key;
use crate::query::types::{Level, Time};

/// A row of a list.
pub(in crate::query) trait Row {
    /// Calls `visit` with each text of the row.
    fn texts(&self, visit: &mut dyn FnMut(&str));

    /// The value of a key, if the row has it.
    fn cell(&self, key: &Key) -> Option<Cell<'_>>;
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::query) enum Cell<'a> {
    Level(Level),
    Text(Cow<'a, str>),
    Number(f64),
    Duration(Duration),
    Time(Time),
}

// === impl Cell ===

impl<'a> Cell<'a> {
    pub(in crate::query) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// Seconds; none if they are no duration.
    pub(in crate::query) fn seconds(seconds: f64) -> Option<Self> {
        Duration::try_from_secs_f64(seconds).ok().map(Self::Duration)
    }
}
