//! The bounded queue between those who end spans and the one who sends them.

use std::{
    collections::VecDeque,
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry_sdk::trace::SpanData;
use tokio::sync::Notify;

use super::drops::{DropReason, Drops};

/// Spans that are moved under one lock: those who end spans wait no longer than that takes.
const MOVED_AT_ONCE: usize = 32;
/// Spans that room is made for ahead; a longer queue grows when it must.
const ROOM_AHEAD: usize = 65_536;

/// For those who give all the time there is.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Spans that have ended and not been sent.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Wakes the worker.
    wake: Notify,
    /// Wakes those who wait for the worker.
    settled: Condvar,
    capacity: usize,
    batch: usize,
    drops: Drops,
}

#[derive(Debug)]
struct State {
    spans: VecDeque<SpanData>,
    /// Flushes asked for so far.
    asked: u64,
    /// Flushes done so far.
    answered: u64,
    /// Spans that are being sent.
    in_flight: usize,
    /// Spans that were taken and then lost so far.
    lost: usize,
    /// No more spans are taken, and the worker has until then.
    closed: Option<Instant>,
    /// The worker has gone.
    ended: bool,
}

/// What the worker has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Spans to send even if they fill no batch.
    pub(super) spans: usize,
    /// The flush to answer afterwards.
    pub(super) flush: u64,
    /// This is the last order.
    pub(super) last: bool,
}

// === impl Queue ===

impl Queue {
    pub(super) fn new(capacity: usize, batch: usize, drops: Drops) -> Self {
        let state = State {
            spans: VecDeque::with_capacity(capacity.min(ROOM_AHEAD)),
            asked: 0,
            answered: 0,
            in_flight: 0,
            lost: 0,
            closed: None,
            ended: false,
        };
        Self { state: Mutex::new(state), wake: Notify::new(), settled: Condvar::new(), capacity, batch, drops }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a span, or counts it as lost.
    pub(super) fn push(&self, span: SpanData) {
        let mut state = self.state();
        let refused = if state.closed.is_some() {
            DropReason::Shutdown
        } else if state.spans.len() >= self.capacity {
            DropReason::QueueFull
        } else {
            state.spans.push_back(span);
            let filled = state.spans.len() == self.batch;
            drop(state);
            if filled {
                self.wake.notify_one();
            }
            return;
        };
        drop(state);
        self.drops.count(refused, 1);
    }

    /// The batch that was taken last has arrived.
    pub(super) fn sent(&self) {
        self.state().in_flight = 0;
    }

    /// The batch that was taken last is lost.
    pub(super) fn lost(&self, reason: DropReason) {
        let mut state = self.state();
        let spans = mem::take(&mut state.in_flight);
        state.lost += spans;
        drop(state);
        self.drops.count(reason, spans);
    }

    /// Until when the worker may go on, once it is to end.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.state().closed
    }

    /// Waits until somebody may want something.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Whether the worker must not wait.
    pub(super) fn is_urgent(&self) -> bool {
        let state = self.state();
        state.closed.is_some() || state.asked != state.answered || state.spans.len() >= self.batch
    }

    /// What to do now; `all` asks for every span that waits.
    pub(super) fn order(&self, all: bool) -> Order {
        let state = self.state();
        let all = all || state.closed.is_some() || state.asked != state.answered;
        Order { spans: if all { state.spans.len() } else { 0 }, flush: state.asked, last: state.closed.is_some() }
    }

    /// The next spans to send: a full batch, or fewer if `at_least` asks for them.
    pub(super) fn take(&self, at_least: usize) -> Vec<SpanData> {
        let waiting = self.state().spans.len();
        let wanted = if waiting >= self.batch { self.batch } else { at_least.min(waiting) };
        let mut batch = Vec::with_capacity(wanted);
        while batch.len() < wanted {
            let mut state = self.state();
            let part = (wanted - batch.len()).min(MOVED_AT_ONCE).min(state.spans.len());
            if part == 0 {
                break;
            }
            batch.extend(state.spans.drain(..part));
            state.in_flight = batch.len();
        }
        batch
    }

    /// Tells those who wait that a flush is done.
    pub(super) fn answer(&self, flush: u64) {
        self.state().answered = flush;
        self.settled.notify_all();
    }

    /// The worker has gone: nothing is taken any more, what waits is lost.
    pub(super) fn end(&self) {
        let mut state = self.state();
        let waiting = mem::take(&mut state.spans);
        // Something is in flight only if the exporter has panicked.
        let lost = waiting.len() + mem::take(&mut state.in_flight);
        state.closed.get_or_insert_with(Instant::now);
        state.lost += lost;
        drop(state);
        // Counted before anybody hears of the end.
        self.drops.count(DropReason::Shutdown, lost);
        self.state().ended = true;
        self.settled.notify_all();
    }

    /// Asks for everything that waits to be sent. False if that did not succeed within `timeout`.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let mut state = self.state();
        state.asked += 1;
        let (flush, lost) = (state.asked, state.lost);
        self.wake.notify_one();
        let waits = |state: &mut State| !state.ended && state.answered < flush;
        let (state, waited) =
            self.settled.wait_timeout_while(state, timeout, waits).unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out() && state.lost == lost
    }

    /// Ends the worker after it has sent what waits, at the latest after `timeout`. False if spans
    /// were lost thereby, or if it has not ended yet.
    pub(super) fn close(&self, timeout: Duration) -> bool {
        // The worker gives up a little before we do, so that its counts are there when we return.
        let grace = (timeout / 10).min(Duration::from_millis(50));
        let mut state = self.state();
        let lost = state.lost;
        let now = Instant::now();
        state.closed.get_or_insert_with(|| now.checked_add(timeout.saturating_sub(grace)).unwrap_or(now + FOREVER));
        self.wake.notify_one();
        let (state, waited) = self
            .settled
            .wait_timeout_while(state, timeout, |state| !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out() && state.lost == lost
    }
}
