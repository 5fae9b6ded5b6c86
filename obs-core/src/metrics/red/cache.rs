//! How a request finds its pair: a cache of the thread.
//!
//! The address of the route's text picks the slots to look at, so that no text has to be hashed. A
//! hit compares the text all the same: nested services hand out a new allocation for each request,
//! and addresses come back with other contents.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    sync::Arc,
};

use super::{Store, route::Pair};
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
    target: Box<str>,
    /// Of the server span.
    pub(super) span_name: Cow<'static, str>,
}

thread_local! {
    static CACHE: RefCell<[Option<Arc<Entry>>; SLOTS]> = const { RefCell::new([const { None }; SLOTS]) };
    static VICTIM: Cell<usize> = const { Cell::new(0) };
}

/// The pair of a method and a route in `store`.
#[inline]
pub(super) fn find(store: &Store, method: &'static str, place: &str, target: &str) -> Arc<Entry> {
    let start = slot(method, place);
    let known = CACHE.try_with(|cache| {
        let cache = cache.try_borrow().ok()?;
        let entries = (0..WAYS).filter_map(|way| cache[(start + way) % SLOTS].as_ref());
        entries.into_iter().find(|entry| entry.is(store, method, place, target)).map(Arc::clone)
    });
    match known {
        Ok(Some(entry)) => entry,
        Ok(None) | Err(_) => look_up(store, method, place, target, start),
    }
}

#[cold]
fn look_up(store: &Store, method: &'static str, place: &str, target: &str, start: usize) -> Arc<Entry> {
    let entry = Arc::new(Entry::new(store, method, place, target));
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

fn slot(method: &str, place: &str) -> usize {
    let address = place.as_ptr() as usize;
    let method = method.as_bytes().iter().fold(0, |sum: usize, byte| sum.wrapping_mul(7) ^ usize::from(*byte));
    // Allocations are 16 bytes apart at least.
    ((address >> 4) ^ (address >> 12) ^ method.wrapping_mul(5)) % SLOTS
}

// === impl Entry ===

impl Entry {
    fn new(store: &Store, method: &'static str, place: &str, target: &str) -> Self {
        Self {
            store: store.id(),
            pair: store.pair_of(method, place, target),
            place: place.into(),
            target: target.into(),
            span_name: server_span_name(method, Some(place).filter(|place| *place != value::UNMATCHED)),
        }
    }

    #[inline]
    fn is(&self, store: &Store, method: &str, place: &str, target: &str) -> bool {
        self.store == store.id() && *self.place == *place && self.pair.method == method && *self.target == *target
    }
}
