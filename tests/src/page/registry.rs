//! The page of a registry, without a server.

use obs_core::metrics::{Format, Registry};

use super::Page;

/// The page in Prometheus' text format.
#[must_use]
pub fn text_of(registry: &Registry) -> String {
    String::from_utf8(registry.render(Format::Text)).expect("a page is text")
}

// === impl Page ===

impl Page {
    /// Reads the page of a registry; panics with the page if it is invalid.
    #[must_use]
    #[track_caller]
    pub fn of(registry: &Registry) -> Self {
        let text = text_of(registry);
        Self::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}
