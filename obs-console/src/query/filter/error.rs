//! What is wrong with a filter.

use std::{error::Error, fmt};

/// A filter that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFilter {
    offset: usize,
    message: String,
}

// === impl BadFilter ===

impl BadFilter {
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }

    /// Where, in bytes from the begin of the filter.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for BadFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for BadFilter {}
