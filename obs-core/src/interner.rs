//! Texts that are kept for the life of the process.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// A bounded set of texts that are never freed, for APIs that take `&'static str`.
#[derive(Debug)]
pub(crate) struct Interner {
    limit: usize,
    texts: Mutex<BTreeSet<&'static str>>,
}

// === impl Interner ===

impl Interner {
    /// An empty set that takes `limit` texts at most.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            limit,
            texts: Mutex::new(BTreeSet::new()),
        }
    }

    /// The text for the life of the process, each at one address; none if it is new and the set is full.
    pub(crate) fn intern(&self, text: &str) -> Option<&'static str> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = texts.get(text) {
            return Some(known);
        }
        if texts.len() >= self.limit {
            return None;
        }
        let text: &'static str = Box::leak(text.into());
        texts.insert(text);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let interner = Interner::new(2);
        let (first, second) = (
            interner.intern("GET /once").unwrap(),
            interner.intern(&String::from("GET /once")),
        );
        assert!(second.is_some_and(|second| std::ptr::eq(first, second)));
    }

    #[test]
    fn the_texts_kept_are_bounded() {
        let interner = Interner::new(2);
        assert!(interner.intern("a").is_some() && interner.intern("b").is_some());
        assert_eq!((interner.intern("c"), interner.intern("a")), (None, Some("a")));
    }
}
