//! The series of the history.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use obs_core::{
    metrics::{FamilySnapshot, SeriesSnapshot, ValueSnapshot},
    names::MetricType,
};

/// The number of a series in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::query) struct SeriesId(pub(super) u32);

/// What a series is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::query) struct SeriesKey {
    /// The name of its metric.
    pub(in crate::query) metric: Arc<str>,
    /// Its labels.
    pub(in crate::query) labels: Vec<(String, String)>,
    /// How it behaves.
    pub(in crate::query) metric_type: MetricType,
    /// The upper bounds of its buckets; empty without any.
    pub(in crate::query) bounds: Arc<[f64]>,
}

/// All series, by their number and by what they are.
#[derive(Debug, Default)]
pub(super) struct Table {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_hash: HashMap<u64, u32>,
    names: HashMap<String, Arc<str>>,
    bounds: Vec<Arc<[f64]>>,
    hasher: RandomState,
    bytes: usize,
}

#[derive(Debug)]
struct Slot {
    key: SeriesKey,
    hash: u64,
    /// The tick of the last sample that had it.
    seen: u64,
}

/// What a series takes beside its texts, its last values and the map's entry included.
const FRAME: usize = size_of::<Slot>() + 160;

// === impl SeriesKey ===

impl SeriesKey {
    /// The value of a label; empty if there is none.
    pub(in crate::query) fn label(&self, key: &str) -> &str {
        let found = self.labels.iter().find(|(known, _)| known == key);
        found.map_or("", |(_, value)| value)
    }

    /// Whether its value is a current one.
    pub(super) fn is_gauge(&self) -> bool {
        matches!(self.metric_type, MetricType::Gauge | MetricType::Info)
    }

    /// The bytes of a series, two copies of its last values included.
    fn size(&self) -> usize {
        let labels = self
            .labels
            .iter()
            .map(|(key, value)| key.len() + value.len() + 2 * size_of::<String>());
        FRAME + labels.sum::<usize>() + 2 * 8 * self.bounds.len()
    }
}

// === impl Table ===

impl Table {
    pub(super) fn iter(&self) -> impl Iterator<Item = (SeriesId, &SeriesKey)> {
        let slots = (0_u32..).zip(&self.slots);
        slots.filter_map(|(at, slot)| Some((SeriesId(at), &slot.as_ref()?.key)))
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// One more than the largest number.
    pub(super) fn end(&self) -> usize {
        self.slots.len()
    }

    /// The number of a series of a sample, and whether it is new; nothing if there is no room for it.
    pub(super) fn find(
        &mut self,
        family: &FamilySnapshot,
        series: &SeriesSnapshot,
        tick: u64,
        room: usize,
    ) -> Option<(SeriesId, bool)> {
        let hash = self.hasher.hash_one((&family.name, &series.labels));
        if let Some(at) = self.by_hash.get(&hash) {
            let slot = self.slots.get_mut(*at as usize)?.as_mut()?;
            let is_same = *slot.key.metric == *family.name
                && slot.key.labels == series.labels
                && has_bounds(&slot.key.bounds, &series.value);
            if is_same {
                slot.seen = tick;
            }
            return is_same.then_some((SeriesId(*at), false));
        }
        let key = SeriesKey {
            metric: self.name(&family.name),
            labels: series.labels.clone(),
            metric_type: family.metric_type,
            bounds: self.shared_bounds(&series.value),
        };
        let size = key.size();
        if self.bytes + size > room {
            return None;
        }
        self.bytes += size;
        let slot = Some(Slot { key, hash, seen: tick });
        let at = if let Some(at) = self.free.pop() {
            self.slots[at as usize] = slot;
            at
        } else {
            self.slots.push(slot);
            u32::try_from(self.slots.len() - 1).ok()?
        };
        self.by_hash.insert(hash, at);
        Some((SeriesId(at), true))
    }

    /// The series that the sample of a tick did not have.
    pub(super) fn missing(&self, tick: u64) -> impl Iterator<Item = SeriesId> {
        let slots = (0_u32..).zip(&self.slots);
        let missing = slots.filter(move |(_, slot)| slot.as_ref().is_some_and(|slot| slot.seen < tick));
        missing.map(|(at, _)| SeriesId(at))
    }

    /// Forgets the series that were seen before a tick only: no frame has them.
    pub(super) fn forget(&mut self, before: u64) -> Vec<SeriesId> {
        let mut forgotten = Vec::new();
        for (at, place) in (0_u32..).zip(&mut self.slots) {
            if let Some(slot) = place.take_if(|slot| slot.seen < before) {
                self.bytes -= slot.key.size();
                self.by_hash.remove(&slot.hash);
                self.free.push(at);
                forgotten.push(SeriesId(at));
            }
        }
        if !forgotten.is_empty() {
            self.names.retain(|_, name| Arc::strong_count(name) > 1);
            self.bounds.retain(|bounds| Arc::strong_count(bounds) > 1);
        }
        forgotten
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.names.insert(name.to_owned(), Arc::clone(&shared));
        shared
    }

    fn shared_bounds(&mut self, value: &ValueSnapshot) -> Arc<[f64]> {
        if let Some(known) = self.bounds.iter().find(|known| has_bounds(known, value)) {
            return Arc::clone(known);
        }
        let ValueSnapshot::Histogram(histogram) = value else {
            return Arc::default();
        };
        let bounds: Arc<[f64]> = histogram.buckets.iter().map(|bucket| bucket.upper_bound).collect();
        self.bounds.push(Arc::clone(&bounds));
        bounds
    }
}

fn has_bounds(bounds: &[f64], value: &ValueSnapshot) -> bool {
    match value {
        ValueSnapshot::Histogram(histogram) => {
            let found = histogram.buckets.iter().map(|bucket| bucket.upper_bound.to_bits());
            bounds.iter().map(|bound| bound.to_bits()).eq(found)
        }
        _ => bounds.is_empty(),
    }
}
