//! Methods and paths of requests that are expected to be for a page, only for providers of the application.
//!
//! Whether a request is for a page of obs is known in the page's handler, after the request's span has started. Our
//! own provider discards that span; a provider of the application exports each span that it has started. With such a
//! provider no span is started for a request whose method and path a page has answered before. All other signals are
//! recorded at the end, by what has answered. An expectation that was wrong once is not used again; it costs one
//! span.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// The largest number of expectations: clients choose the paths of a page below a route parameter.
const MAX_EXPECTED: usize = 16;

/// The methods and paths that pages have answered. Reads are lock-free.
#[derive(Debug, Default)]
pub(crate) struct ExpectedPages {
    first: OnceLock<Box<Expected>>,
}

#[derive(Debug)]
struct Expected {
    method: &'static str,
    path: Box<str>,
    is_wrong: AtomicBool,
    next: OnceLock<Box<Self>>,
}

// === impl ExpectedPages ===

impl ExpectedPages {
    /// A page has answered such a request.
    pub(crate) fn add(&self, method: &'static str, path: &str) {
        let mut slot = &self.first;
        for _ in 0..MAX_EXPECTED {
            let new = || Expected {
                method,
                path: path.into(),
                is_wrong: AtomicBool::new(false),
                next: OnceLock::new(),
            };
            let expected = slot.get_or_init(|| Box::new(new()));
            if expected.is(method, path) {
                return;
            }
            slot = &expected.next;
        }
    }

    /// The index of the expectation that such a request is for a page, if there is one that was never wrong.
    #[inline]
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<usize> {
        let at = self.all().position(|expected| expected.is(method, path))?;
        self.all()
            .nth(at)
            .filter(|expected| !expected.is_wrong.load(Relaxed))
            .map(|_| at)
    }

    /// Marks an expectation as wrong: something else than a page has answered the request.
    pub(crate) fn refute(&self, at: usize) {
        if let Some(expected) = self.all().nth(at) {
            expected.is_wrong.store(true, Relaxed);
        }
    }

    fn all(&self) -> impl Iterator<Item = &Expected> {
        std::iter::successors(self.first.get(), |expected| expected.next.get()).map(|expected| &**expected)
    }
}

// === impl Expected ===

impl Expected {
    fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && *self.path == *path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_has_answered_is_expected_by_method_and_path() {
        let pages = ExpectedPages::default();
        assert_eq!(pages.find("GET", "/metrics"), None);
        for path in ["/metrics", "/health", "/metrics"] {
            pages.add("GET", path);
        }
        assert_eq!(
            (pages.find("GET", "/metrics"), pages.find("GET", "/health")),
            (Some(0), Some(1))
        );
        assert_eq!(
            (pages.find("POST", "/metrics"), pages.find("GET", "/metrics/")),
            (None, None)
        );
    }

    #[test]
    fn an_expectation_that_was_wrong_does_not_come_back() {
        let pages = ExpectedPages::default();
        pages.add("GET", "/metrics");
        pages.refute(0);
        pages.add("GET", "/metrics");
        assert_eq!(pages.find("GET", "/metrics"), None);
    }

    #[test]
    fn expectations_are_bounded() {
        let pages = ExpectedPages::default();
        (0..100).for_each(|tenant| pages.add("GET", &format!("/{tenant}/metrics")));
        assert_eq!(pages.all().count(), MAX_EXPECTED);
        assert!(pages.find("GET", "/0/metrics").is_some() && pages.find("GET", "/99/metrics").is_none());
    }
}
