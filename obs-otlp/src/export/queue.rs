//! The bounded queue between the threads that record and the export thread.

use std::{
    collections::VecDeque,
    fmt, mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use obs_base::deadline;
use tokio::sync::Notify;

use super::drops::{DropReason, Drops};
use crate::{Budget, HeapSize};

/// The number of items that are moved under one lock, so that threads that record wait only briefly for it.
const MOVED_AT_ONCE: usize = 32;
/// The largest number of slots that are allocated in advance; a longer queue grows when needed.
const ROOM_AHEAD: usize = 65_536;

/// The items that were recorded and not yet sent: spans, or log records.
///
/// Bounded by number, and by the bytes that all queues of an instance share.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    /// Wakes the worker.
    wake: Notify,
    /// Wakes threads that wait for the worker: flushes and the shutdown.
    settled: Condvar,
    capacity: usize,
    batch: usize,
    /// The bytes that make a batch full, however few items they are.
    batch_bytes: usize,
    budget: Budget,
    drops: Drops,
}

struct State<T> {
    items: VecDeque<Waiting<T>>,
    /// Bytes of the queued items.
    bytes: usize,
    /// Flushes requested so far.
    requested: u64,
    /// Flushes completed so far.
    completed: u64,
    /// The number of items that are being sent.
    in_flight: usize,
    /// Their bytes; the message that they became is about as large.
    in_flight_bytes: usize,
    /// The number of items that were accepted and then lost.
    lost: usize,
    /// The deadline of the worker once the queue is closed; `None` while it is open.
    closed: Option<Instant>,
    /// The value of `lost` when the queue was closed.
    lost_before: usize,
    /// The worker has ended.
    ended: bool,
}

/// An item with the bytes that are reserved for it.
struct Waiting<T> {
    item: T,
    bytes: usize,
}

/// The next work of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Work {
    /// The number of items to send even if they fill no batch.
    pub(super) items: usize,
    /// The flush to answer afterwards.
    pub(super) flush: u64,
    /// Whether the queue is closed, so that no work follows.
    pub(super) is_last: bool,
}

// === impl Queue ===

impl<T> Queue<T> {
    /// The number of slots that the budget has bytes for.
    pub(super) fn max_slots(budget: &Budget) -> usize {
        budget.slots(size_of::<Waiting<T>>())
    }

    /// A queue of `capacity` items, fewer if their slots alone would take up the budget.
    pub(super) fn new(capacity: usize, batch: usize, budget: Budget, drops: Drops) -> Self {
        let capacity = capacity.min(Self::max_slots(&budget));
        budget.occupy(capacity * size_of::<Waiting<T>>());
        let state = State {
            items: VecDeque::with_capacity(capacity.min(ROOM_AHEAD)),
            bytes: 0,
            requested: 0,
            completed: 0,
            in_flight: 0,
            in_flight_bytes: 0,
            lost: 0,
            closed: None,
            lost_before: 0,
            ended: false,
        };
        Self {
            state: Mutex::new(state),
            wake: Notify::new(),
            settled: Condvar::new(),
            capacity,
            batch: batch.min(capacity),
            batch_bytes: budget.batch(),
            budget,
            drops,
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an item, or counts it as lost.
    pub(super) fn push(&self, item: T)
    where
        T: HeapSize,
    {
        if let Err(refused) = self.offer(item) {
            self.drops.count(refused, 1);
        }
    }

    /// Queues an item.
    ///
    /// # Errors
    ///
    /// The reason why it is dropped, which is not counted.
    pub(super) fn offer(&self, item: T) -> Result<(), DropReason>
    where
        T: HeapSize,
    {
        let bytes = item.heap_size();
        let mut state = self.state();
        if state.closed.is_some() {
            return Err(DropReason::Shutdown);
        }
        if state.items.len() >= self.capacity || !self.budget.take(bytes) {
            return Err(DropReason::QueueFull);
        }
        let had_batch = self.has_batch(&state);
        state.items.push_back(Waiting { item, bytes });
        state.bytes += bytes;
        let filled = !had_batch && self.has_batch(&state);
        drop(state);
        if filled {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Whether there is enough to be sent without waiting for more.
    fn has_batch(&self, state: &State<T>) -> bool {
        state.items.len() >= self.batch || state.bytes >= self.batch_bytes
    }

    /// Ends the batch that was taken last: all of it has arrived, except for these losses.
    pub(super) fn settle(&self, losses: &[(DropReason, usize)]) {
        let mut state = self.state();
        state.in_flight = 0;
        self.budget.release(mem::take(&mut state.in_flight_bytes));
        state.lost += losses.iter().map(|(_, items)| items).sum::<usize>();
        drop(state);
        for (reason, items) in losses {
            self.drops.count(*reason, *items);
        }
    }

    /// The deadline of the worker; `None` while the queue is open.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.state().closed
    }

    /// Waits for a notification: a full batch, a flush or the shutdown.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Whether there is work already: a full batch, a flush or the shutdown.
    pub(super) fn is_urgent(&self) -> bool {
        let state = self.state();
        state.closed.is_some() || state.requested != state.completed || self.has_batch(&state)
    }

    /// The work that there is now; with `all`, all queued items are sent.
    pub(super) fn next_work(&self, all: bool) -> Work {
        let state = self.state();
        let all = all || state.closed.is_some() || state.requested != state.completed;
        Work {
            items: if all { state.items.len() } else { 0 },
            flush: state.requested,
            is_last: state.closed.is_some(),
        }
    }

    /// The next items to send: a full batch, or up to `at_least` items without one. An item that is larger
    /// than a batch goes alone.
    pub(super) fn take(&self, at_least: usize) -> Vec<T> {
        let wanted = {
            let state = self.state();
            if self.has_batch(&state) { self.batch } else { at_least }.min(state.items.len())
        };
        let mut batch = Vec::with_capacity(wanted);
        while batch.len() < wanted {
            let before = batch.len();
            let mut state = self.state();
            for _ in 0..(wanted - before).min(MOVED_AT_ONCE) {
                let fits = |next: &Waiting<T>| {
                    state.in_flight_bytes == 0 || state.in_flight_bytes + next.bytes <= self.batch_bytes
                };
                let Some(Waiting { item, bytes }) = state
                    .items
                    .front()
                    .is_some_and(fits)
                    .then(|| state.items.pop_front())
                    .flatten()
                else {
                    break;
                };
                state.bytes -= bytes;
                state.in_flight_bytes += bytes;
                batch.push(item);
            }
            state.in_flight = batch.len();
            if batch.len() == before {
                break;
            }
        }
        batch
    }

    /// Completes a flush, and wakes the threads that wait for it.
    pub(super) fn answer(&self, flush: u64) {
        self.state().completed = flush;
        self.settled.notify_all();
    }

    /// The worker has ended: the queue accepts no more items, those that wait are lost.
    pub(super) fn end(&self) {
        let mut state = self.state();
        let waiting = mem::take(&mut state.items);
        self.budget
            .release(mem::take(&mut state.bytes) + mem::take(&mut state.in_flight_bytes));
        // Something is in flight only if the exporter has panicked.
        let lost = waiting.len() + mem::take(&mut state.in_flight);
        state.lost += lost;
        if state.closed.is_none() {
            state.closed = Some(Instant::now());
            state.lost_before = state.lost;
        }
        drop(state);
        // Counted before the end is visible.
        self.drops.count(DropReason::Shutdown, lost);
        self.state().ended = true;
        self.settled.notify_all();
    }

    /// Sends all queued items. False if that did not succeed within `timeout`.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let mut state = self.state();
        state.requested += 1;
        let (flush, lost) = (state.requested, state.lost);
        self.wake.notify_one();
        let waits = |state: &mut State<T>| !state.ended && state.completed < flush;
        let (state, waited) = self
            .settled
            .wait_timeout_while(state, timeout, waits)
            .unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out() && state.lost == lost
    }

    /// Ends the worker after it has sent all queued items, at the latest after `timeout`. False if items
    /// were lost since, or if it has not ended yet.
    pub(super) fn close(&self, timeout: Duration) -> bool {
        self.begin_close(timeout);
        let waits = |state: &mut State<T>| !state.ended;
        let (state, waited) = self
            .settled
            .wait_timeout_while(self.state(), timeout, waits)
            .unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out() && state.lost == state.lost_before
    }

    /// Closes the queue without waiting for the worker.
    pub(super) fn begin_close(&self, timeout: Duration) {
        // The worker stops a little earlier than the caller, who then sees its counts.
        let grace = (timeout / 10).min(Duration::from_millis(50));
        let mut state = self.state();
        if state.closed.is_none() {
            state.closed = Some(deadline(Instant::now(), timeout.saturating_sub(grace)));
            state.lost_before = state.lost;
        }
        drop(state);
        self.wake.notify_one();
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("capacity", &self.capacity)
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}
