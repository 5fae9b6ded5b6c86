//! The flight recorder of one instance.

use std::{
    cell::Cell,
    collections::HashSet,
    fmt,
    hash::{BuildHasher as _, BuildHasherDefault},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use metrics::{Counter, Gauge, Key, Recorder, Unit};
use obs_base::{ids::TraceId, sorting::sort_by};
use rustc_hash::FxHasher;

use super::{
    entry::{Entry, Home},
    entry_ref::{EntryRef, take_idle},
    filter::Filter,
    ledger::Ledger,
    live::Begin,
    record::{ErrorGroup, Record, Running},
    retained::{Errors, GroupView, class_of},
    store::{Copied, Limits, MIN_CHUNK, Store},
    stored::{self, End, Parts},
    tags::Tags,
};
use crate::{clock::Moment, names::metric};

/// The bytes of a recorder, unless the application sets them.
pub(crate) const DEFAULT_BYTES: usize = 4 * 1_024 * 1_024;
/// The fewest bytes that a recorder works with.
pub(crate) const MIN_BYTES: usize = 16 * MIN_CHUNK;
/// The most shards: the bytes are shared by them.
const MAX_SHARDS: usize = 4;

/// The flight recorder of an instance: what is running, and what has ended lately.
///
/// A cheap handle that clones share, see the [module](super). That of an instance with
/// [`flight_recorder(0)`](crate::ObsBuilder::flight_recorder) is empty.
#[derive(Clone)]
pub struct FlightRecorder(Option<Arc<Inner>>);

/// The state of a recorder.
struct Inner {
    ledger: Ledger,
    limits: Limits,
    shards: Box<[Shard]>,
    errors: Mutex<Errors>,
    /// Held while shards are read.
    reading: Mutex<()>,
    evicted: Counter,
    tags: Tags,
}

/// What the threads of one shard write to. Threads use others if theirs is being read.
struct Shard {
    store: Mutex<Store>,
    /// All entries that were made, in use or idle.
    entries: Mutex<Vec<Weak<Entry>>>,
}

/// The shard that a thread prefers.
fn preferred() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static HERE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let here = HERE.get();
    if here != usize::MAX {
        return here;
    }
    let here = NEXT.fetch_add(1, Relaxed) % MAX_SHARDS;
    HERE.set(here);
    here
}

fn hash(endpoint: &str, error_type: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one((endpoint, error_type))
}

// === impl Shard ===

impl Shard {
    fn new(limits: Limits) -> Self {
        Self {
            store: Mutex::new(Store::new(limits)),
            entries: Mutex::default(),
        }
    }
}

// === impl Inner ===

impl Inner {
    /// Tries to take bytes; chunks of the newest records give way until it succeeds, or there are none.
    fn make_room(&self, take: impl Fn(&Ledger) -> bool) -> bool {
        loop {
            if take(&self.ledger) {
                return true;
            }
            let dropped = self.shards.iter().find_map(|shard| {
                let mut store = match shard.store.try_lock() {
                    Ok(store) => store,
                    Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                    Err(TryLockError::WouldBlock) => return None,
                };
                store.drop_chunk(&self.ledger)
            });
            match dropped {
                Some(records) => self.evicted.increment(records),
                None => return false,
            }
        }
    }

    /// Locks the thread's own shard of something, or another one if that is in use.
    #[inline]
    fn lock<'a, T>(&'a self, part: impl Fn(&'a Shard) -> &'a Mutex<T>) -> MutexGuard<'a, T> {
        // There are at least half as many shards as threads can prefer.
        let (count, preferred) = (self.shards.len(), preferred());
        let first = preferred.checked_sub(count).unwrap_or(preferred);
        match part(&self.shards[first]).try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => self.lock_other(first, part),
        }
    }

    #[cold]
    fn lock_other<'a, T>(&'a self, first: usize, part: impl Fn(&'a Shard) -> &'a Mutex<T>) -> MutexGuard<'a, T> {
        let (before, after) = self.shards.split_at(first);
        for shard in after.iter().chain(before) {
            match part(shard).try_lock() {
                Ok(guard) => return guard,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        // By other threads that write, which are done at once: readers lock one shard at a time.
        part(&self.shards[first]).lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_entry(self: &Arc<Self>) -> Option<Arc<Entry>> {
        if !self.take_for_running(Entry::SIZE) {
            self.evicted.increment(1);
            return None;
        }
        let entry = Arc::new(Entry::new(Arc::downgrade(self) as Weak<dyn Home>));
        let mut entries = self.lock(|shard| &shard.entries);
        if entries.len() == entries.capacity() {
            entries.retain(|known| known.strong_count() > 0);
        }
        entries.push(Arc::downgrade(&entry));
        Some(entry)
    }

    /// Keeps a record as the newest of its kind of error; returns how many have given way.
    #[cold]
    fn keep_error(&self, kind: u64, parts: &Parts<'_>) -> u64 {
        let mut record = Vec::with_capacity(parts.size());
        parts.write(&mut record);
        let record = record.get(stored::FRAME..).unwrap_or_default().into();
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let before = errors.bytes();
        let mut dropped = errors.offer(kind, record, self.limits.errors);
        while errors.bytes() > before && !self.take_for_records(errors.bytes() - before) {
            // What runs has taken everything but what is reserved, which others use too.
            dropped += errors.drop_common(before);
        }
        self.ledger.give_back(before.saturating_sub(errors.bytes()));
        dropped
    }

    /// Takes bytes for records; the newest give way.
    fn take_for_records(&self, bytes: usize) -> bool {
        self.make_room(|ledger| ledger.take_for_records(bytes))
    }

    /// Copies from each shard.
    fn copied(&self, mut copy: impl FnMut(&Store, &mut Copied)) -> Copied {
        // One reader at a time, so that there is always a shard that a request can write to.
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = Copied::default();
        for Shard { store, .. } in &self.shards {
            copy(&store.lock().unwrap_or_else(PoisonError::into_inner), &mut out);
        }
        out
    }

    fn errors(&self) -> Vec<GroupView> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).read()
    }

    fn entries(&self) -> Vec<Weak<Entry>> {
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        for Shard { entries, .. } in &self.shards {
            all.extend_from_slice(&entries.lock().unwrap_or_else(PoisonError::into_inner));
        }
        all
    }
}

impl Home for Inner {
    fn take_for_running(&self, bytes: usize) -> bool {
        self.make_room(|ledger| ledger.take_for_running(bytes))
    }

    fn give_back(&self, bytes: usize) {
        self.ledger.give_back(bytes);
    }

    fn end(&self, entry: &Entry, end: &End<'_>) {
        let mut guard = entry.live();
        let live = &mut *guard;
        entry.end_open_spans(live);
        if let Some(head) = &live.head {
            let kind = end.error_type.map(|error_type| hash(&head.endpoint, error_type));
            let parts = Parts::new(head, live, entry.polls().0, end, kind.unwrap_or_default());
            let mut store = self.lock(|shard| &shard.store);
            let mut dropped = store.push(&parts, &head.endpoint, self.limits, &self.ledger);
            drop(store);
            if let Some(kind) = kind {
                dropped += self.keep_error(kind, &parts);
            }
            if dropped > 0 {
                self.evicted.increment(dropped);
            }
        }
        entry.reset(live);
    }
}

// === impl FlightRecorder ===

impl FlightRecorder {
    /// One that records nothing.
    pub(crate) const fn off() -> Self {
        Self(None)
    }

    /// One with so many bytes, at least [`MIN_BYTES`]; 0 records nothing.
    pub(crate) fn new(bytes: usize, held: Gauge, evicted: Counter) -> Self {
        if bytes == 0 {
            return Self::off();
        }
        let cores = thread::available_parallelism().map_or(1, usize::from);
        // Two at least: one to write to while another one is read.
        let shards = cores.clamp(2, MAX_SHARDS);
        let limits = Limits::new(bytes, shards);
        let ledger = Ledger::new(bytes, limits.reserve(bytes, shards), held);
        // Counted from the start, as it never gives way.
        ledger.take_for_records(limits.evicted_bytes(shards));
        Self(Some(Arc::new(Inner {
            ledger,
            limits,
            shards: (0..shards).map(|_| Shard::new(limits)).collect(),
            errors: Mutex::default(),
            reading: Mutex::new(()),
            evicted,
            tags: Tags::default(),
        })))
    }

    /// The recorder of an instance, with its metrics.
    pub(crate) fn start(bytes: usize, recorder: &dyn Recorder) -> Self {
        if bytes == 0 {
            return Self::off();
        }
        let metadata = metrics::Metadata::new(module_path!(), metrics::Level::INFO, Some(module_path!()));
        let (held, evicted) = (&metric::RECORDER_BYTES, &metric::RECORDER_EVICTED);
        recorder.describe_gauge(held.base().into(), Some(Unit::Bytes), held.help.into());
        recorder.describe_counter(evicted.base().into(), None, evicted.help.into());
        Self::new(
            bytes,
            recorder.register_gauge(&Key::from_static_name(held.base()), &metadata),
            recorder.register_counter(&Key::from_static_name(evicted.base()), &metadata),
        )
    }

    /// Begins an entry; `None` if nothing is recorded, or if there is no room for it.
    #[inline]
    pub(crate) fn begin<'a>(&self, begin: impl FnOnce() -> Begin<'a>) -> Option<EntryRef> {
        let inner = self.0.as_ref()?;
        let entry = take_idle(Arc::as_ptr(inner).cast()).or_else(|| inner.new_entry())?;
        entry.begin(begin());
        Some(EntryRef::new(entry))
    }

    /// Ends an entry, which becomes a record.
    #[inline]
    pub(crate) fn end(&self, entry: &Entry, end: &End<'_>) {
        if let Some(inner) = &self.0 {
            inner.end(entry, end);
        }
    }

    pub(super) fn tags(&self) -> Option<&Tags> {
        self.0.as_ref().map(|inner| &inner.tags)
    }

    /// Whether anything is recorded.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The most bytes that the recorder holds: [`ObsBuilder::flight_recorder`](crate::ObsBuilder::flight_recorder).
    #[must_use]
    pub fn limit_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.ledger.limit())
    }

    /// The bytes that the recorder holds now, the value of `obs_recorder_bytes`.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.ledger.used())
    }

    /// What is running now, the oldest first.
    #[must_use]
    pub fn running(&self) -> Vec<Running> {
        let Some(inner) = &self.0 else { return Vec::new() };
        let now = Moment::now();
        let entries = inner.entries();
        let upgraded = entries.iter().filter_map(Weak::upgrade);
        let mut running: Vec<_> = upgraded.filter_map(|entry| entry.view(now)).collect();
        sort_by(&mut running, |one, other| other.age.cmp(&one.age));
        running
    }

    /// The records that pass a filter, the newest first.
    #[must_use]
    pub fn recent(&self, filter: &Filter) -> Vec<Record> {
        let Some(inner) = &self.0 else { return Vec::new() };
        let copied = inner.copied(|store, out| {
            store.copy_newest(out);
            store.copy_slowest(None, out);
        });
        copied.with_errors(inner.errors()).read(filter)
    }

    /// The slowest record of each latency class of an endpoint, the slowest first. None of them is older than an hour if
    /// there has been another one of its class since.
    ///
    /// The classes end at 10, 50, 100 and 250 milliseconds, 1, 5 and 30 seconds; what takes longer is a class too.
    #[must_use]
    pub fn slowest(&self, endpoint: &str) -> Vec<Record> {
        let Some(inner) = &self.0 else { return Vec::new() };
        let copied = inner.copied(|store, out| store.copy_slowest(Some(endpoint), out));
        let mut records = copied.read(&Filter::new().limit(usize::MAX));
        sort_by(&mut records, |one, other| other.duration.cmp(&one.duration));
        // Each shard has its own.
        let mut classes = HashSet::new();
        records.retain(|record| classes.insert(class_of(record.duration)));
        records
    }

    /// Groups of errors, the group with the newest error first.
    #[must_use]
    pub fn errors(&self) -> Vec<ErrorGroup> {
        let Some(inner) = &self.0 else { return Vec::new() };
        let mut groups = inner.errors();
        sort_by(&mut groups, |one, other| other.last.cmp(&one.last));
        groups.iter().filter_map(ErrorGroup::read).collect()
    }

    /// The records of a trace in the order of their begins: its requests in this process, and the calls that they made.
    #[must_use]
    pub fn trace(&self, trace_id: TraceId) -> Vec<Record> {
        let mut records = self.recent(&Filter::new().trace_id(trace_id).limit(usize::MAX));
        sort_by(&mut records, |one, other| one.started.cmp(&other.started));
        records
    }

    /// When records of a trace have given way last: their time was over, and they are missing in
    /// [`trace`](Self::trace), unless they are kept as one of the slowest or as an error. `None` if none has, or if
    /// that was too long ago: at 4 MiB, 8 192 ids are remembered.
    ///
    /// So a trace without records was never here, or not lately, unless this has a time.
    #[must_use]
    pub fn evicted(&self, trace_id: TraceId) -> Option<SystemTime> {
        let inner = self.0.as_ref()?;
        let mut last = None;
        inner.copied(|store, _| last = last.max(store.evicted(trace_id)));
        last.map(|at| UNIX_EPOCH + Duration::from_nanos(at))
    }
}

impl fmt::Debug for FlightRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightRecorder")
            .field("limit_bytes", &self.limit_bytes())
            .field("held_bytes", &self.held_bytes())
            .finish()
    }
}
