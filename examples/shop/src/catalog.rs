//! The products, behind a cache.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use obs_axum::obs_core::{Obs, instruments::Cache};
use tokio::time::sleep;

/// The number of products.
const PRODUCTS: u64 = 100;
const CATEGORIES: [&str; 3] = ["books", "games", "garden"];
/// Products that the cache has room for.
const CACHED: usize = 16;

/// Knows the products, and remembers the ones that were asked for last.
#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    /// Product and category, the one that has been in longest first.
    recent: Arc<Mutex<VecDeque<(u64, &'static str)>>>,
    /// `cache_hits_total` and its companions.
    cache: Cache,
}

// === impl Catalog ===

impl Catalog {
    pub(crate) fn new(obs: &Obs) -> Self {
        Self {
            recent: Arc::default(),
            cache: Cache::for_obs(obs, "products"),
        }
    }

    /// The category of a product, if there is such a product.
    pub(crate) async fn category(&self, id: u64) -> Option<&'static str> {
        match self.cache.count(self.recall(id)) {
            Some(category) => Some(category),
            None => self.look_up(id).await,
        }
    }

    fn recall(&self, id: u64) -> Option<&'static str> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent
            .iter()
            .find(|(product, _)| *product == id)
            .map(|(_, category)| *category)
    }

    async fn look_up(&self, id: u64) -> Option<&'static str> {
        sleep(Duration::from_millis(id % 5)).await;
        if id >= PRODUCTS {
            return None;
        }
        let category = CATEGORIES[usize::from(id.to_le_bytes()[0]) % CATEGORIES.len()];
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.iter().all(|(product, _)| *product != id) {
            if recent.len() == CACHED && recent.pop_front().is_some() {
                self.cache.evicted(1);
            }
            recent.push_back((id, category));
        }
        Some(category)
    }
}

#[cfg(test)]
mod tests {
    use obs_axum::obs_core::metrics::ValueSnapshot;

    use super::*;

    #[expect(clippy::cast_possible_truncation, reason = "counts are whole")]
    fn count(obs: &Obs, metric: &str) -> i64 {
        let families = obs.registry().snapshot();
        let family = families.iter().find(|family| family.name == metric).unwrap();
        let ValueSnapshot::Counter { total, .. } = family.series[0].value else {
            panic!("{family:?}")
        };
        total as i64
    }

    #[test]
    fn what_was_asked_for_is_remembered_until_there_is_no_room() {
        let obs = Obs::builder("shop").log_writer(std::io::sink()).build().unwrap();
        let catalog = Catalog::new(&obs);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let ask = |id| runtime.block_on(catalog.category(id));
        assert_eq!([ask(5), ask(5), ask(500)], [Some("garden"), Some("garden"), None]);
        assert_eq!(
            (count(&obs, "cache_hits_total"), count(&obs, "cache_misses_total")),
            (1, 2)
        );
        for n in 0..20 {
            ask(5 * n);
        }
        assert_eq!(count(&obs, "cache_evictions_total"), 4);
    }
}
