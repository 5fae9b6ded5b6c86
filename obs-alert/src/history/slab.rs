//! The stored aggregates, by number.

use super::{AggregateId, aggregate::Kept};

/// Numbers of removed aggregates are used again.
#[derive(Debug, Default)]
pub(super) struct Slab {
    kept: Vec<Option<Kept>>,
    free: Vec<u32>,
}

// === impl Slab ===

impl Slab {
    pub(super) fn add(&mut self, kept: Kept) -> AggregateId {
        if let Some(id) = self.free.pop() {
            self.kept[id as usize] = Some(kept);
            return AggregateId(id);
        }
        self.kept.push(Some(kept));
        AggregateId(u32::try_from(self.kept.len() - 1).unwrap_or(u32::MAX))
    }

    pub(super) fn remove(&mut self, id: AggregateId) -> Option<Kept> {
        let kept = self.kept.get_mut(id.0 as usize)?.take();
        if kept.is_some() {
            self.free.push(id.0);
        }
        kept
    }

    pub(super) fn get(&self, id: AggregateId) -> Option<&Kept> {
        self.kept.get(id.0 as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: AggregateId) -> Option<&mut Kept> {
        self.kept.get_mut(id.0 as usize)?.as_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Kept> {
        self.kept.iter().flatten()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Kept> {
        self.kept.iter_mut().flatten()
    }
}
