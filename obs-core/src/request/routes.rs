//! What layers and pages of one instance tell each other about routes, while requests run.

use std::sync::{OnceLock, PoisonError, RwLock};

use super::{LayerState, options::WeakLayerState, under_way::UnderWay};

/// The routes of one instance.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    /// Templates that leave no signal: the metrics page, health checks.
    pub(crate) skipped: PathList,
    /// Whole paths of metrics pages that no template is known of, as they were asked for.
    pages: PathList,
    /// The layer that was added to a service last.
    layer: RwLock<WeakLayerState>,
    /// The requests of all layers, for who waits for their end.
    pub(crate) under_way: UnderWay,
}

/// How many paths of pages are kept: a page under a parameter has as many as clients think of.
const MAX_PAGES: usize = 16;

/// An append-only list of paths or templates; reading takes no lock.
#[derive(Debug, Default)]
pub(crate) struct PathList {
    first: OnceLock<Box<Node>>,
}

#[derive(Debug)]
struct Node {
    path: Box<str>,
    next: OnceLock<Box<Node>>,
}

// === impl Routes ===

impl Routes {
    /// A metrics page was asked for by this path.
    pub(crate) fn learn_page(&self, path: &str) {
        if self.pages.paths().count() < MAX_PAGES {
            self.pages.add(path);
        }
    }

    /// Whether a metrics page answers this path.
    pub(super) fn is_page(&self, path: &str) -> bool {
        self.pages.contains(path)
    }

    /// A layer has been added to a service.
    pub(super) fn announce(&self, layer: &LayerState) {
        // axum adds layers again and again: mostly nothing is new.
        if !self.layer.read().unwrap_or_else(PoisonError::into_inner).is(layer) {
            *self.layer.write().unwrap_or_else(PoisonError::into_inner) = layer.downgrade();
        }
    }

    /// The layer that was added last, if it is still there.
    pub(crate) fn layer(&self) -> Option<LayerState> {
        self.layer.read().unwrap_or_else(PoisonError::into_inner).upgrade()
    }
}

// === impl PathList ===

impl PathList {
    pub(crate) fn contains(&self, path: &str) -> bool {
        self.paths().any(|known| known == path)
    }

    /// Adds a path; one that is known already is not added again.
    pub(crate) fn add(&self, path: &str) {
        let mut slot = &self.first;
        loop {
            let node = slot.get_or_init(|| Box::new(Node { path: path.into(), next: OnceLock::new() }));
            if *node.path == *path {
                return;
            }
            slot = &node.next;
        }
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(self.first.get(), |node| node.next.get()).map(|node| &*node.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_of_pages_are_bounded() {
        let routes = Routes::default();
        (0..100).for_each(|tenant| routes.learn_page(&format!("/{tenant}/metrics")));
        assert_eq!(routes.pages.paths().count(), MAX_PAGES);
        assert!(routes.is_page("/0/metrics") && !routes.is_page("/99/metrics"));
    }

    #[test]
    fn a_path_is_found_once_it_was_added() {
        let list = PathList::default();
        assert!(!list.contains("/metrics"));
        for path in ["/metrics", "/health", "/metrics"] {
            list.add(path);
        }
        assert!(list.contains("/metrics") && list.contains("/health"));
        assert_eq!(list.paths().count(), 2);
    }
}
