//! A list that only grows and is read without a lock.

use std::sync::OnceLock;

/// Entries that lie together; a route seldom answers with more than a handful of statuses.
const CHUNK: usize = 6;

#[derive(Debug)]
pub(super) struct Chunk<T> {
    slots: [OnceLock<T>; CHUNK],
    next: OnceLock<Box<Self>>,
}

// === impl Chunk ===

impl<T> Default for Chunk<T> {
    fn default() -> Self {
        Self {
            slots: [const { OnceLock::new() }; CHUNK],
            next: OnceLock::new(),
        }
    }
}

impl<T> Chunk<T> {
    /// The first entry that `is` right.
    #[inline]
    pub(super) fn find(&self, is: impl Fn(&T) -> bool) -> Option<&T> {
        let mut chunk = self;
        loop {
            for slot in &chunk.slots {
                let entry = slot.get()?;
                if is(entry) {
                    return Some(entry);
                }
            }
            chunk = chunk.next.get()?;
        }
    }

    /// All entries.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let chunks = std::iter::successors(Some(self), |chunk| chunk.next.get().map(|next| &**next));
        chunks.flat_map(|chunk| chunk.slots.iter().map_while(OnceLock::get))
    }

    /// Appends an entry. Two threads may append the same one; readers find the first.
    pub(super) fn push(&self, mut entry: T) {
        let mut chunk = self;
        loop {
            for slot in &chunk.slots {
                match slot.set(entry) {
                    Ok(()) => return,
                    Err(back) => entry = back,
                }
            }
            chunk = chunk.next.get_or_init(Box::default);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn entries_of_many_threads_are_all_found() {
        let list = Chunk::default();
        thread::scope(|scope| {
            for start in [0, 100, 200] {
                let list = &list;
                scope.spawn(move || (start..start + 100).for_each(|n| list.push(n)));
            }
        });
        assert!((0..300).all(|n| list.find(|entry| *entry == n).is_some()));
        assert_eq!(list.find(|entry| *entry == 300), None);
        let mut all: Vec<_> = list.iter().copied().collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..300));
    }
}
