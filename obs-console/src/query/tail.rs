//! The ends of requests as they come, for all who follow.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use obs_core::recorder::{Filter, FlightRecorder, Record};

use super::types::Time;

/// How often the recorder is read at most.
const EVERY: Duration = Duration::from_millis(200);
/// A record that ended may come so much later.
const LATE: Duration = Duration::from_secs(1);
/// The most records that are kept for those who follow.
const MAX_RECORDS: usize = 2_000;
/// The most records of one reading.
const MAX_READ: usize = 1_000;

/// The newest records, numbered. They are read once for all who follow, and not at all while nobody does.
#[derive(Debug, Default)]
pub(super) struct Tail(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    records: VecDeque<Arc<Record>>,
    /// The number of the next record.
    next: u64,
    /// The ends and spans of those that were read lately.
    seen: HashSet<(Duration, u64)>,
    read: Option<Instant>,
    /// Where the next reading begins.
    since: Time,
}

/// The records since a number.
#[derive(Debug)]
pub(super) struct Ended {
    /// The records, the oldest first.
    pub(super) records: Vec<Arc<Record>>,
    /// Where the next page begins.
    pub(super) next: u64,
    /// How many have given way already.
    pub(super) dropped: u64,
}

// === impl Tail ===

impl Tail {
    /// The records since `number`; without one, none, but the number where to begin.
    pub(super) fn since(&self, recorder: &FlightRecorder, number: Option<u64>) -> Ended {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.read(recorder);
        let oldest = state.next - state.records.len() as u64;
        let first = number.unwrap_or(state.next).clamp(oldest, state.next);
        let skipped = usize::try_from(first - oldest).unwrap_or(usize::MAX);
        Ended {
            records: state.records.iter().skip(skipped).cloned().collect(),
            next: state.next,
            dropped: number.map_or(0, |number| first.saturating_sub(number)),
        }
    }
}

// === impl State ===

impl State {
    fn read(&mut self, recorder: &FlightRecorder) {
        if self.read.is_some_and(|read| read.elapsed() < EVERY) {
            return;
        }
        self.read = Some(Instant::now());
        // A clock that was set back begins anew.
        let now = Time::now();
        let since = if self.since == Time::default() || self.since > now {
            now
        } else {
            self.since
        };
        let since = since.before(LATE);
        let found = recorder.recent(&Filter::new().since(since.system()).limit(MAX_READ));
        let key = |record: &Record| (Time::from(record.ended()).0, record.span_id.get());
        self.seen.retain(|(ended, _)| *ended >= since.0);
        for record in found.into_iter().rev() {
            if self.seen.insert(key(&record)) {
                self.records.push_back(Arc::new(record));
                self.next += 1;
            }
        }
        while self.records.len() > MAX_RECORDS {
            self.records.pop_front();
        }
        self.since = now;
    }
}
