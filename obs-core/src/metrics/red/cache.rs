//! How a request finds its pair: a cache of the thread.
//!
//! The address of the route's text picks the slots to look at, so that no text has to be hashed. A
//! hit still compares the text: nested services allocate it again for each request,
//! and addresses come back with other contents. What is not found by its address is looked up by its
//! text. The host of a client stands in a URL that is made for each request: there the text itself
//! picks the slots.

use std::{borrow::Cow, cell::RefCell, sync::Arc};

use super::{Store, dimensions::Code, layout::Side, pairs::PairKey, route::Pair};
use crate::interner::Interner;

/// Slots to begin with; with what they point to, some 40 KiB if all are taken.
const FEWEST_SLOTS: usize = 256;
/// No more than this for servers, which have as many routes as there is code for: what is needed more
/// seldom is made again each time.
const MOST_SLOTS: usize = 16_384;
/// The same for clients, which may meet any number of hosts.
const MOST_SLOTS_OF_CLIENTS: usize = 1_024;
/// Templates that are kept for the life of the process, at most: a service has as many as there is code for.
const MAX_TEMPLATES: usize = 8_192;
/// Neighbouring slots that an entry may be in.
const WAYS: usize = 4;

/// The cached entry of one pair in a thread.
///
/// It is counted by reference like the pair itself, but by this thread only: requests of different
/// threads don't take one counter from each other.
#[derive(Debug)]
pub(super) struct Entry {
    /// Of all texts that it was made of.
    text_hash: usize,
    store: u64,
    pub(super) pair: Arc<Pair>,
    /// The endpoint, or the host of a client.
    pub(super) endpoint_or_host: Cow<'static, str>,
    /// The target of a client, else empty.
    pub(super) target: Cow<'static, str>,
    pub(super) code: Code,
}

/// Entries, each in one of the slots that a hash picks.
#[derive(Debug, Default)]
struct Slots {
    /// None, or a power of two.
    slots: Vec<Option<Arc<Entry>>>,
}

/// The entries of a thread: one for each pair that it has recorded, up to a bound.
#[derive(Debug, Default)]
struct Cache {
    by_address: Slots,
    by_text: Slots,
}

thread_local! {
    static CACHE: RefCell<Cache> = const { RefCell::new(Cache { by_address: Slots::NONE, by_text: Slots::NONE }) };
}

/// The pair of a method and a route in `store`.
#[inline]
pub(super) fn find(store: &Store, key: PairKey<'_>) -> Arc<Entry> {
    let hash = address_hash(store.layout().side, &key);
    let known = CACHE.try_with(|cache| {
        cache
            .try_borrow()
            .ok()?
            .by_address
            .find(hash, store, &key)
            .map(Arc::clone)
    });
    match known {
        Ok(Some(entry)) => entry,
        Ok(None) | Err(_) => look_up(store, key, hash),
    }
}

#[cold]
fn look_up(store: &Store, key: PairKey<'_>, hash: usize) -> Arc<Entry> {
    let text_hash = text_hash(&key);
    // Taken out first: dropping an entry may run code of the application.
    let mut cache = CACHE.try_with(|cache| cache.try_borrow_mut().map(|mut cache| std::mem::take(&mut *cache)));
    let entry = match &mut cache {
        Ok(Ok(cache)) => cache.look_up(store, key, (hash, text_hash)),
        // The thread ends, or looks something up already.
        Ok(Err(_)) | Err(_) => Arc::new(Entry::new(store, key, text_hash)),
    };
    if let Ok(Ok(cache)) = cache {
        let _ = CACHE.try_with(|slot| slot.replace(cache));
    }
    entry
}

#[inline]
fn address_hash(side: Side, key: &PairKey<'_>) -> usize {
    let address = match side {
        Side::Server => {
            let address = key.endpoint_or_host.as_ptr() as usize;
            // Allocations are aligned to 16 bytes at least.
            (address >> 4) ^ (address >> 12)
        }
        Side::Client => return text_hash(key),
    };
    // First letter and length tell the usual methods apart.
    let first = key.method.as_bytes().first().copied().unwrap_or_default();
    let method = usize::from(first) ^ (key.method.len() << 3);
    address ^ method.wrapping_mul(5) ^ (key.code as usize).wrapping_mul(31)
}

fn text_hash(key: &PairKey<'_>) -> usize {
    let &PairKey {
        method,
        endpoint_or_host,
        target,
        code,
    } = key;
    hash(endpoint_or_host, hash(target, hash(method, code as usize)))
}

/// Eight bytes at a time; the upper bits are the good ones.
fn hash(text: &str, seed: usize) -> usize {
    let mixed = text
        .as_bytes()
        .chunks(8)
        .fold((seed ^ text.len()) as u64, |hash, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            (hash.rotate_left(29) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
    (mixed >> 40) as usize
}

/// A template for the life of the process, so that requests can have it without a copy.
fn template(text: &str) -> Cow<'static, str> {
    static TEMPLATES: Interner = Interner::new(MAX_TEMPLATES);
    TEMPLATES
        .intern(text)
        .map_or_else(|| Cow::Owned(text.to_owned()), Cow::Borrowed)
}

/// Servers have none. Nothing is compared with nothing only by its length: an empty box points nowhere,
/// and where a comparison of no bytes loads them under a mask, as it does with AVX-512, the processor takes
/// a hundred nanoseconds to find out that it need not.
#[inline]
fn is_same_target(known: &str, target: &str) -> bool {
    known.len() == target.len() && (target.is_empty() || known == target)
}

// === impl Slots ===

impl Slots {
    const NONE: Self = Self { slots: Vec::new() };

    fn new(slots: usize) -> Self {
        Self {
            slots: vec![None; slots],
        }
    }

    #[inline]
    fn find(&self, hash: usize, store: &Store, key: &PairKey<'_>) -> Option<&Arc<Entry>> {
        // Before the first entry there are no slots, and nothing is found.
        let mask = self.slots.len().wrapping_sub(1);
        let way = |way| self.slots.get(hash.wrapping_add(way) & mask)?.as_ref();
        (0..WAYS).filter_map(way).find(|entry| entry.is(store, key))
    }

    /// A slot that is free.
    fn free(&self, hash: usize) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        (0..WAYS)
            .map(|way| hash.wrapping_add(way) & mask)
            .find(|at| self.slots[*at].is_none())
    }

    /// Puts an entry into a free slot, else in place of another one: what is needed comes back.
    fn put(&mut self, hash: usize, entry: Arc<Entry>) {
        let mask = self.slots.len() - 1;
        // Each way in its turn, as far as entries differ.
        let victim = hash.wrapping_add(entry.text_hash % WAYS) & mask;
        let at = self.free(hash).unwrap_or(victim);
        self.slots[at] = Some(entry);
    }
}

// === impl Cache ===

impl Cache {
    /// The entry of a key that its address has not led to.
    fn look_up(&mut self, store: &Store, key: PairKey<'_>, (hash, text_hash): (usize, usize)) -> Arc<Entry> {
        let entry = match self.by_text.find(text_hash, store, &key) {
            Some(entry) => Arc::clone(entry),
            None => self.make(store, key, text_hash),
        };
        self.by_address.put(hash, Arc::clone(&entry));
        entry
    }

    fn make(&mut self, store: &Store, key: PairKey<'_>, text_hash: usize) -> Arc<Entry> {
        let entry = Arc::new(Entry::new(store, key, text_hash));
        let most = match store.layout().side {
            Side::Server => MOST_SLOTS,
            Side::Client => MOST_SLOTS_OF_CLIENTS,
        };
        while self.by_text.free(text_hash).is_none() && self.by_text.slots.len() < most {
            self.grow();
        }
        self.by_text.put(text_hash, Arc::clone(&entry));
        entry
    }

    fn grow(&mut self) {
        let slots = (2 * self.by_text.slots.len()).max(FEWEST_SLOTS);
        let old = std::mem::replace(&mut self.by_text, Slots::new(slots));
        // Addresses are learnt again.
        self.by_address = Slots::new(slots);
        for entry in old.slots.into_iter().flatten() {
            self.by_text.put(entry.text_hash, entry);
        }
    }
}

// === impl Entry ===

impl Entry {
    fn new(store: &Store, key: PairKey<'_>, text_hash: usize) -> Self {
        let PairKey {
            method: _,
            endpoint_or_host,
            target,
            code,
        } = key;
        let endpoint_or_host = match store.layout().side {
            Side::Server => template(endpoint_or_host),
            // Clients may meet any number of hosts.
            Side::Client => Cow::Owned(endpoint_or_host.to_owned()),
        };
        Self {
            text_hash,
            store: store.id(),
            pair: store.pair(key),
            endpoint_or_host,
            target: template(target),
            code,
        }
    }

    #[inline]
    fn is(&self, store: &Store, key: &PairKey<'_>) -> bool {
        let PairKey {
            method,
            endpoint_or_host,
            target,
            code,
        } = key;
        self.store == store.id()
            && self.code == *code
            && *self.endpoint_or_host == **endpoint_or_host
            && self.pair.method == *method
            && is_same_target(&self.target, target)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;
    use crate::metrics::{
        Registry,
        red::{RedOptions, Target, options::page_store},
    };

    fn store(side: Side) -> Arc<Store> {
        page_store(&Target::Own(Registry::new()), side, &RedOptions::default())
    }

    fn found(store: &Store, endpoint_or_host: &str) -> Arc<Entry> {
        find(
            store,
            PairKey {
                method: "GET",
                endpoint_or_host,
                target: "",
                code: 0,
            },
        )
    }

    /// On a thread of its own, whose cache is empty.
    fn slots_after(side: Side, ask: impl FnOnce(&Store) + Send) -> (usize, usize) {
        let on_thread = || {
            ask(&store(side));
            CACHE.with_borrow(|cache| (cache.by_address.slots.len(), cache.by_text.slots.len()))
        };
        thread::scope(|scope| scope.spawn(on_thread).join().unwrap())
    }

    fn slot_of(side: Side, endpoint_or_host: &str, target: &str) -> usize {
        address_hash(
            side,
            &PairKey {
                method: "GET",
                endpoint_or_host,
                target,
                code: 0,
            },
        ) % FEWEST_SLOTS
    }

    #[test]
    fn the_slot_of_a_client_is_that_of_its_texts_wherever_they_stand() {
        let (first, second) = (String::from("users.internal"), String::from("users.internal"));
        assert_eq!(
            slot_of(Side::Client, &first, "/users/{id}"),
            slot_of(Side::Client, &second, "/users/{id}")
        );
    }

    #[test]
    fn targets_of_one_host_have_slots_of_their_own() {
        let targets = (0..32).map(|n| format!("/users/{{id}}/things/{n}"));
        let slots: HashSet<_> = targets
            .map(|target| slot_of(Side::Client, "users.internal", &target))
            .collect();
        assert!(slots.len() > 24, "{slots:?}");
    }

    #[test]
    fn a_route_at_another_address_is_known_by_its_text() {
        let store = store(Side::Server);
        let addresses: Vec<String> = (0..2_000).map(|_| String::from("/users/{id}")).collect();
        let first = found(&store, &addresses[0]);
        assert!(
            addresses
                .iter()
                .all(|address| Arc::ptr_eq(&first, &found(&store, address)))
        );
    }

    #[test]
    fn the_cache_grows_with_routes_and_not_with_addresses() {
        let same = slots_after(Side::Server, |store| {
            let addresses: Vec<String> = (0..2_000).map(|_| String::from("/users/{id}")).collect();
            for address in &addresses {
                found(store, address);
            }
        });
        assert_eq!(same, (FEWEST_SLOTS, FEWEST_SLOTS));
        let (by_address, by_text) = slots_after(Side::Server, |store| {
            let routes: Vec<String> = (0..2_000).map(|n| format!("/route/{n}")).collect();
            let entries: Vec<_> = routes.iter().map(|route| found(store, route)).collect();
            let again = routes
                .iter()
                .zip(&entries)
                .filter(|(route, entry)| Arc::ptr_eq(entry, &found(store, route)));
            // Where hashes meet, some push each other out.
            let known = again.count();
            assert!(known > 1_900, "{known}");
        });
        assert!(
            (2_000..=MOST_SLOTS).contains(&by_text) && by_address == by_text,
            "{by_text}"
        );
    }

    #[test]
    fn the_cache_is_bounded() {
        let hosts: Vec<String> = (0..5_000).map(|n| format!("host-{n}.example")).collect();
        let of_clients = slots_after(Side::Client, |store| {
            for host in &hosts {
                found(store, host);
            }
        });
        assert_eq!(of_clients.1, MOST_SLOTS_OF_CLIENTS);
    }
}
