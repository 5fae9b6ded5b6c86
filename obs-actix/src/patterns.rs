//! A cache of the patterns that match paths.

use std::{cell::RefCell, collections::HashSet, rc::Rc};

/// The number of paths in the cache.
const SLOTS: usize = 64;
/// The longest path in the cache, in bytes: longer ones are rarely repeated.
const MAX_PATH_LEN: usize = 128;

/// A cache of the patterns of recent paths; each worker has its own.
///
/// actix-web finds the pattern of a path by trying one resource after the other, with a regular
/// expression and an allocation for each one that has parameters, and repeats all of that to
/// route the request. The cache saves the first part for repeated paths.
#[derive(Debug)]
pub(crate) struct Patterns {
    table: RefCell<Table>,
}

#[derive(Debug)]
struct Table {
    slots: Vec<Slot>,
    /// Each pattern once; there are at most as many as resources.
    known: HashSet<Rc<str>>,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    /// Empty if the slot is unused.
    path: String,
    pattern: Option<Rc<str>>,
}

// === impl Patterns ===

impl Patterns {
    pub(crate) fn new() -> Self {
        Self {
            table: RefCell::new(Table {
                slots: vec![Slot::default(); SLOTS],
                known: HashSet::new(),
            }),
        }
    }

    /// The pattern that matches `path`: from the cache, or from `find`.
    pub(crate) fn of(&self, path: &str, find: impl FnOnce() -> Option<String>) -> Option<Rc<str>> {
        let index = slot_of(path);
        if let Ok(table) = self.table.try_borrow()
            && let Some(slot) = table
                .slots
                .get(index)
                .filter(|slot| slot.path == path && !path.is_empty())
        {
            return slot.pattern.clone();
        }
        let found = find();
        match self.table.try_borrow_mut() {
            Ok(mut table) => table.remember(index, path, found),
            Err(_) => found.map(Rc::from),
        }
    }
}

// === impl Table ===

impl Table {
    fn remember(&mut self, index: usize, path: &str, found: Option<String>) -> Option<Rc<str>> {
        let pattern = found.map(|found| self.shared(found));
        if path.len() <= MAX_PATH_LEN
            && let Some(slot) = self.slots.get_mut(index)
        {
            slot.path.clear();
            slot.path.push_str(path);
            slot.pattern.clone_from(&pattern);
        }
        pattern
    }

    fn shared(&mut self, pattern: String) -> Rc<str> {
        if let Some(known) = self.known.get(&*pattern) {
            return Rc::clone(known);
        }
        let shared: Rc<str> = pattern.into();
        self.known.insert(Rc::clone(&shared));
        shared
    }
}

/// Hashes the end of a path, where paths differ most.
fn slot_of(path: &str) -> usize {
    let end = path.bytes().rev().take(16);
    end.fold(path.len(), |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: fn() -> Option<String> = || Some("/users/{id}".to_owned());

    #[test]
    fn a_path_that_comes_again_is_not_looked_up_again() {
        let patterns = Patterns::new();
        assert_eq!(patterns.of("/users/7", USER).as_deref(), Some("/users/{id}"));
        assert_eq!(
            patterns.of("/users/7", || panic!("looked up twice")).as_deref(),
            Some("/users/{id}")
        );
    }

    #[test]
    fn that_no_pattern_fits_is_remembered_too() {
        let patterns = Patterns::new();
        assert_eq!(patterns.of("/made/up", || None), None);
        assert_eq!(patterns.of("/made/up", || panic!("looked up twice")), None);
    }

    #[test]
    fn paths_of_one_slot_are_never_mistaken_for_each_other() {
        let patterns = Patterns::new();
        for index in 0..10 * SLOTS {
            let (own, other) = (format!("/a/{index}"), format!("/b/{index}"));
            assert_eq!(patterns.of(&own, || Some(own.clone())).as_deref(), Some(&*own));
            assert_eq!(patterns.of(&other, || None), None);
            assert_eq!(patterns.of(&own, || Some(own.clone())).as_deref(), Some(&*own));
        }
    }

    #[test]
    fn made_up_paths_take_no_more_room() {
        let patterns = Patterns::new();
        for index in 0..1_000 {
            patterns.of(&format!("/users/{index}"), USER);
            patterns.of(&"x".repeat(MAX_PATH_LEN + index), || None);
        }
        let table = patterns.table.borrow();
        assert_eq!((table.slots.len(), table.known.len()), (SLOTS, 1));
        assert!(table.slots.iter().all(|slot| slot.path.len() <= MAX_PATH_LEN));
    }

    #[test]
    fn a_lookup_that_asks_again_is_answered() {
        let patterns = Patterns::new();
        let inner = patterns.of("/users/7", || {
            patterns.of("/users/7", USER).map(|found| found.to_string())
        });
        assert_eq!(inner.as_deref(), Some("/users/{id}"));
    }
}
