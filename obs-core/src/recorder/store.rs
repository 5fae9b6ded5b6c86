//! The records of one shard: the newest in a ring of chunks, and those that are kept beside them.

use std::{borrow::Cow, collections::VecDeque, sync::Arc};

use obs_base::ids::TraceId;

use super::{
    evicted::{self, Evicted},
    ledger::Ledger,
    retained::{GroupView, Slowest},
    span::nanoseconds,
    stored::{self, Parts},
};
use crate::clock::Moment;

/// The largest chunk.
const MAX_CHUNK: usize = 64 * 1_024;
/// The smallest chunk: any record fits in.
pub(super) const MIN_CHUNK: usize = 24 * 1_024;

/// The limits of a store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The size of a chunk.
    pub(super) chunk: usize,
    /// The bytes of the slowest records of a shard.
    pub(super) slowest: usize,
    /// The bytes of the errors.
    pub(super) errors: usize,
    /// The ids of traces that a shard remembers when their records have given way.
    pub(super) evicted: usize,
}

/// The records of one shard.
#[derive(Debug, Default)]
pub(super) struct Store {
    /// The chunk that is being filled.
    open: Vec<u8>,
    open_count: u64,
    /// The oldest first. Readers hold them too.
    sealed: VecDeque<Sealed>,
    slowest: Slowest,
    /// What the slowest have taken of the ledger.
    retained: usize,
    evicted: Evicted,
}

#[derive(Clone, Debug)]
struct Sealed {
    bytes: Arc<Vec<u8>>,
    count: u64,
}

/// What a store holds at one moment.
#[derive(Debug, Default)]
pub(super) struct Copied {
    pub(super) chunks: Vec<Arc<Vec<u8>>>,
    pub(super) records: Vec<Vec<u8>>,
    pub(super) errors: Vec<GroupView>,
}

fn now() -> u64 {
    nanoseconds(Moment::now().since_epoch())
}

// === impl Limits ===

impl Limits {
    /// Those of a recorder with so many bytes and shards.
    pub(super) fn new(bytes: usize, shards: usize) -> Self {
        Self {
            chunk: (bytes / 64).clamp(MIN_CHUNK, MAX_CHUNK),
            slowest: bytes / 8 / shards,
            errors: bytes / 8,
            evicted: bytes / 32 / shards / evicted::ENTRY,
        }
    }

    /// The bytes of what is remembered of records that have given way.
    pub(super) fn evicted_bytes(self, shards: usize) -> usize {
        self.evicted * shards * evicted::ENTRY
    }

    /// What is reserved for records: an eighth for errors, and a chunk for each shard.
    pub(super) fn reserve(self, bytes: usize, shards: usize) -> usize {
        bytes / 8 + shards * self.chunk
    }
}

// === impl Store ===

impl Store {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            evicted: Evicted::new(limits.evicted),
            ..Self::default()
        }
    }

    /// Adds a record; returns how many have given way, itself included if there is no room at all.
    #[expect(clippy::ptr_arg, reason = "a static name is known by its address")]
    pub(super) fn push(
        &mut self,
        record: &Parts<'_>,
        endpoint: &Cow<'static, str>,
        limits: Limits,
        ledger: &Ledger,
    ) -> u64 {
        let size = record.size();
        let mut dropped = 0;
        if self.open.len() + size > self.open.capacity() {
            let Some(evicted) = self.next_chunk(limits, ledger) else {
                self.evicted.add(std::iter::once(record.summary().trace_id), now());
                return 1;
            };
            dropped += evicted;
        }
        let start = self.open.len();
        record.write(&mut self.open);
        self.open_count += 1;
        let written = self.open.get(start + stored::FRAME..).unwrap_or_default();
        let summary = record.summary();
        dropped += self.slowest.offer(endpoint, &summary, written, limits.slowest);
        if self.slowest.bytes() == self.retained {
            return dropped;
        }
        dropped + self.settle(ledger)
    }

    /// Begins a chunk; `None` if there is no memory for one. Returns how many records have given way.
    fn next_chunk(&mut self, limits: Limits, ledger: &Ledger) -> Option<u64> {
        if self.open.capacity() == 0 {
            if !ledger.take_for_records(limits.chunk) {
                return None;
            }
            self.open = Vec::with_capacity(limits.chunk);
            return Some(0);
        }
        if ledger.take_for_records(limits.chunk) {
            let full = std::mem::replace(&mut self.open, Vec::with_capacity(limits.chunk));
            self.seal(Arc::new(full));
            return Some(0);
        }
        let Some(mut oldest) = self.sealed.pop_front() else {
            // The only chunk of this shard.
            self.evicted.add(stored::trace_ids(&self.open), now());
            self.open.clear();
            return Some(std::mem::take(&mut self.open_count));
        };
        self.evicted.add(stored::trace_ids(&oldest.bytes), now());
        if let Some(bytes) = Arc::get_mut(&mut oldest.bytes) {
            bytes.clear();
            std::mem::swap(bytes, &mut self.open);
            self.seal(oldest.bytes);
        } else {
            // A reader has it: it is freed when that is done.
            let full = std::mem::replace(&mut self.open, Vec::with_capacity(limits.chunk));
            self.seal(Arc::new(full));
        }
        Some(oldest.count)
    }

    fn seal(&mut self, bytes: Arc<Vec<u8>>) {
        let count = std::mem::take(&mut self.open_count);
        self.sealed.push_back(Sealed { bytes, count });
    }

    /// Frees the oldest chunk, for what is more urgent; returns how many records it had.
    pub(super) fn drop_chunk(&mut self, ledger: &Ledger) -> Option<u64> {
        let Sealed { bytes, count } = self.sealed.pop_front()?;
        self.evicted.add(stored::trace_ids(&bytes), now());
        ledger.give_back(bytes.capacity());
        Some(count)
    }

    /// Tells the ledger what the slowest hold, for which the newest make room; returns how many records have given
    /// way.
    fn settle(&mut self, ledger: &Ledger) -> u64 {
        let mut dropped = 0;
        let now = self.slowest.bytes();
        if now < self.retained {
            ledger.give_back(self.retained - now);
            self.retained = now;
        }
        while now > self.retained {
            if ledger.take_for_records(now - self.retained) {
                self.retained = now;
            } else if let Some(records) = self.drop_chunk(ledger) {
                dropped += records;
            } else {
                // What runs has taken everything but what is reserved.
                dropped += self.slowest.drop_oldest(self.retained);
                return dropped + self.settle(ledger);
            }
        }
        dropped
    }

    /// When a record of this trace gave way last, in nanoseconds since the Unix epoch.
    pub(super) fn evicted(&self, trace_id: TraceId) -> Option<u64> {
        self.evicted.last(trace_id)
    }

    /// The records at this moment: the newest, those that are kept, or both.
    pub(super) fn copy_newest(&self, out: &mut Copied) {
        out.chunks
            .extend(self.sealed.iter().map(|sealed| Arc::clone(&sealed.bytes)));
        out.chunks.push(Arc::new(self.open.clone()));
    }

    /// The slowest records of one endpoint, or of all.
    pub(super) fn copy_slowest(&self, endpoint: Option<&str>, out: &mut Copied) {
        self.slowest.read(endpoint, &mut out.records);
    }
}
