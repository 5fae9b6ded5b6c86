//! From the facade's keys to series, without cleaning a name twice.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{Arc, PoisonError, RwLock},
};

use ::metrics::Key;

use super::{
    catalog::InCatalog,
    cells::{CounterCells, GaugeCell, HistogramCells},
    family::Series,
};

/// Locks of a table; enough that threads seldom meet at one.
const LOCKS: usize = 16;

/// Uses the hash that a key carries.
#[derive(Debug, Default)]
pub(super) struct CarriedHash(u64);

type Map<C> = HashMap<Key, Arc<Series<C>>, BuildHasherDefault<CarriedHash>>;

/// The series of one kind, by key.
#[derive(Debug)]
pub(super) struct Table<C> {
    maps: [RwLock<Map<C>>; LOCKS],
}

/// The series of all kinds of the facade.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) counters: Table<CounterCells>,
    pub(super) gauges: Table<GaugeCell>,
    pub(super) histograms: Table<HistogramCells>,
}

/// A kind of metric of the facade.
pub(super) trait FacadeCell: InCatalog {
    fn table(tables: &Tables) -> &Table<Self>;
}

// === impl CarriedHash ===

impl Hasher for CarriedHash {
    fn finish(&self) -> u64 {
        self.0
    }

    /// Never called by keys, which write one number only.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

// === impl Table ===

impl<C> Default for Table<C> {
    fn default() -> Self {
        Self {
            maps: std::array::from_fn(|_| RwLock::default()),
        }
    }
}

impl<C> Table<C> {
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Series<C>>> {
        self.map(key)
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .map(Arc::clone)
    }

    pub(super) fn insert(&self, key: &Key, series: &Arc<Series<C>>) {
        let mut map = self.map(key).write().unwrap_or_else(PoisonError::into_inner);
        map.insert(key.to_retained(), Arc::clone(series));
    }

    /// How many keys are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.maps
            .iter()
            .map(|map| map.read().unwrap_or_else(PoisonError::into_inner).len())
            .sum()
    }

    /// Keeps the keys of those series that `is` right.
    pub(super) fn retain(&self, is: impl Fn(&Series<C>) -> bool) {
        for map in &self.maps {
            // Most of the time there is nothing to remove, and readers need not wait.
            let is_clean = map
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .values()
                .all(|series| is(series));
            if !is_clean {
                map.write()
                    .unwrap_or_else(PoisonError::into_inner)
                    .retain(|_, series| is(series));
            }
        }
    }

    /// The map of a key, by bits of the hash that the map itself makes little use of.
    fn map(&self, key: &Key) -> &RwLock<Map<C>> {
        let bits = key.get_hash() >> 40;
        &self.maps[usize::try_from(bits).unwrap_or_default() % LOCKS]
    }
}

impl FacadeCell for CounterCells {
    fn table(tables: &Tables) -> &Table<Self> {
        &tables.counters
    }
}

impl FacadeCell for GaugeCell {
    fn table(tables: &Tables) -> &Table<Self> {
        &tables.gauges
    }
}

impl FacadeCell for HistogramCells {
    fn table(tables: &Tables) -> &Table<Self> {
        &tables.histograms
    }
}
