//! How a request finds its pair: a cache of the thread.
//!
//! The address of the route's text picks the slots to look at, so that no text has to be hashed. A
//! hit compares the text all the same: nested services hand out a new allocation for each request,
//! and addresses come back with other contents. The host of a client stands in a URL that is made for
//! each request: there the text itself picks the slots.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    sync::Arc,
};

use super::{Store, dimensions::Code, layout::Side, pairs::PairKey, route::Pair};
use crate::{names::value, trace::server_span_name};

const SLOTS: usize = 256;
/// Neighbouring slots that an entry may be in.
const WAYS: usize = 4;

/// What a thread knows of one pair.
///
/// It is counted by reference like the pair itself, but by this thread only: requests of different
/// threads don't take one counter from each other.
#[derive(Debug)]
pub(super) struct Entry {
    store: u64,
    pub(super) pair: Arc<Pair>,
    /// The endpoint, or the host of a client.
    pub(super) place: Arc<str>,
    /// The target of a client, else empty.
    pub(super) target: Box<str>,
    pub(super) code: Code,
    pub(super) span_name: Cow<'static, str>,
}

thread_local! {
    static CACHE: RefCell<[Option<Arc<Entry>>; SLOTS]> = const { RefCell::new([const { None }; SLOTS]) };
    static VICTIM: Cell<usize> = const { Cell::new(0) };
}

/// The pair of a method and a route in `store`.
#[inline]
pub(super) fn find(store: &Store, key: PairKey<'_>) -> Arc<Entry> {
    let start = slot(store.layout().side, &key);
    let known = CACHE.try_with(|cache| {
        let cache = cache.try_borrow().ok()?;
        let entries = (0..WAYS).filter_map(|way| cache[(start + way) % SLOTS].as_ref());
        entries.into_iter().find(|entry| entry.is(store, &key)).map(Arc::clone)
    });
    match known {
        Ok(Some(entry)) => entry,
        Ok(None) | Err(_) => look_up(store, key, start),
    }
}

#[cold]
fn look_up(store: &Store, key: PairKey<'_>, start: usize) -> Arc<Entry> {
    let entry = Arc::new(Entry::new(store, key));
    // What falls out of the cache is dropped when the cache is not borrowed any more.
    let _old = CACHE.try_with(|cache| {
        let mut cache = cache.try_borrow_mut().ok()?;
        let free = (0..WAYS).map(|way| (start + way) % SLOTS).find(|at| cache[*at].is_none());
        // Any of them: what is needed again comes back.
        let at = free.unwrap_or((start + victim()) % SLOTS);
        cache[at].replace(Arc::clone(&entry))
    });
    entry
}

/// Which of the ways to give up: each in its turn.
fn victim() -> usize {
    VICTIM.try_with(|last| last.replace((last.get() + 1) % WAYS)).unwrap_or_default()
}

fn slot(side: Side, key: &PairKey<'_>) -> usize {
    let place = match side {
        Side::Server => {
            let address = key.place.as_ptr() as usize;
            // Allocations are 16 bytes apart at least.
            (address >> 4) ^ (address >> 12)
        }
        Side::Client => hash(key.place, hash(key.target, 0)),
    };
    let method = key.method.as_bytes().iter().fold(0, |sum: usize, byte| sum.wrapping_mul(7) ^ usize::from(*byte));
    (place ^ method.wrapping_mul(5) ^ (key.code as usize).wrapping_mul(31)) % SLOTS
}

/// Eight bytes at a time; the upper bits are the good ones.
fn hash(text: &str, seed: usize) -> usize {
    let mixed = text.as_bytes().chunks(8).fold((seed ^ text.len()) as u64, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (hash.rotate_left(29) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    (mixed >> 48) as usize
}

/// Servers have none. Nothing is compared with nothing only by its length: an empty box points nowhere,
/// and where a comparison of no bytes loads them under a mask, as it does with AVX-512, the processor takes
/// a hundred nanoseconds to find out that it need not.
#[inline]
fn is_same_target(known: &str, target: &str) -> bool {
    known.len() == target.len() && (target.is_empty() || known == target)
}

// === impl Entry ===

impl Entry {
    fn new(store: &Store, key: PairKey<'_>) -> Self {
        let PairKey { method, place, target, code } = key;
        let route = match store.layout().side {
            Side::Server => Some(place).filter(|place| *place != value::UNMATCHED),
            Side::Client => Some(target).filter(|target| !target.is_empty()),
        };
        Self {
            store: store.id(),
            pair: store.pair(key),
            place: place.into(),
            target: target.into(),
            code,
            // A client's span is named as a server's, with the template in the place of the route.
            span_name: server_span_name(method, route),
        }
    }

    #[inline]
    fn is(&self, store: &Store, key: &PairKey<'_>) -> bool {
        let PairKey { method, place, target, code } = key;
        self.store == store.id()
            && self.code == *code
            && *self.place == **place
            && self.pair.method == *method
            && is_same_target(&self.target, target)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn slot_of(side: Side, place: &str, target: &str) -> usize {
        slot(side, &PairKey { method: "GET", place, target, code: 0 })
    }

    #[test]
    fn the_slot_of_a_client_is_that_of_its_texts_wherever_they_stand() {
        let (first, second) = (String::from("users.internal"), String::from("users.internal"));
        assert_eq!(slot_of(Side::Client, &first, "/users/{id}"), slot_of(Side::Client, &second, "/users/{id}"));
    }

    #[test]
    fn targets_of_one_host_have_slots_of_their_own() {
        let targets = (0..32).map(|n| format!("/users/{{id}}/things/{n}"));
        let slots: HashSet<_> = targets.map(|target| slot_of(Side::Client, "users.internal", &target)).collect();
        assert!(slots.len() > 24, "{slots:?}");
    }
}
