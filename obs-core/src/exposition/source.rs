//! Where a page's text comes from.

use std::{fmt, sync::Arc, time::Instant};

use super::{queue::Unavailable, request::Wanted};
use crate::metrics::Registry;

/// Writes a page in Prometheus text 0.0.4.
type WriteText = Arc<dyn Fn() -> String + Send + Sync>;

#[derive(Clone)]
pub(crate) enum Source {
    Registry(Registry),
    /// The page of another recorder, which has one format only.
    Text(WriteText),
}

// === impl Source ===

impl Source {
    /// The page before it is compressed.
    ///
    /// # Errors
    ///
    /// If it takes until after `deadline`.
    pub(super) fn write(&self, wanted: &Wanted, deadline: Instant) -> Result<Vec<u8>, Unavailable> {
        match self {
            Self::Registry(registry) => registry
                .render_part(wanted.format, &wanted.filter, deadline)
                .ok_or(Unavailable::TooLate),
            Self::Text(write) => Ok(write().into_bytes()),
        }
    }

    /// Whether the pages of both are the same; all sources of one queue share a registry.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Registry(_), Self::Registry(_)) => true,
            (Self::Text(ours), Self::Text(theirs)) => Arc::ptr_eq(ours, theirs),
            _ => false,
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Registry(_) => "Registry",
            Self::Text(_) => "Text",
        })
    }
}
