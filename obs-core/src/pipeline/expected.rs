//! Requests that are expected to be for a page.
//!
//! That a request is for a page shows in the page's handler, when the request's span has begun. Our own
//! provider drops that span. A provider that the application brought can't: what it has begun it
//! exports. For such a provider the span of a request is not begun where a page has answered the same
//! method and path before. All other signals wait for the answer. An expectation that turns out
//! wrong is never held again: it costs one span.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// How many are kept: a page under a parameter has as many paths as clients think of.
const MAX_EXPECTED: usize = 16;

/// The methods and paths that pages have answered; reading takes no lock.
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

    /// The place of the expectation that such a request is for a page, if there is one.
    #[inline]
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<usize> {
        let at = self.all().position(|expected| expected.is(method, path))?;
        self.all()
            .nth(at)
            .filter(|expected| !expected.is_wrong.load(Relaxed))
            .map(|_| at)
    }

    /// Something else has answered the request that was expected to be for a page.
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
