//! Requests of a handler to its observation: to record the lifetime of an upgraded connection, or to leave the
//! request out of all signals.

use std::{
    cell::RefCell,
    sync::{Arc, OnceLock},
    thread,
    time::Instant,
};

use obs_conventions::Outcome;

use super::scope::{DISCARD, SLOT, Scope};
use crate::{
    context::{self, RequestContext},
    failure::peek_panic,
    metrics::StreamRecorder,
    recorder::EntryRef,
};

thread_local! {
    /// The slots that were requested of observations, the innermost last.
    static SLOTS: RefCell<Vec<StreamSlot>> = const { RefCell::new(Vec::new()) };
    /// Functions to call when a request was left out, the innermost last.
    static DISCARDS: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
}

/// The recorder of the lifetime, which is set at the response head.
type Slot = OnceLock<StreamRecorder>;

/// Records the lifetime of an upgraded connection, such as a WebSocket, that a handler passes to another task.
///
/// Start it in the handler and move it into the task that serves the connection. When it is
/// dropped, the time since its start goes to `http_stream_duration_seconds` under the route of the
/// request. The request itself is counted and timed at its head. Outside an observed request, or
/// when the upgrade is refused before a head is sent, it records nothing.
///
/// ```no_run
/// async fn upgrade() {
///     let lifetime = obs_core::StreamGuard::start();
///     tokio::spawn(async move {
///         // serve the connection
///         drop(lifetime);
///     });
/// }
/// ```
#[derive(Debug)]
#[must_use = "the lifetime ends when the guard is dropped"]
pub struct StreamGuard {
    slot: Arc<Slot>,
    started: Instant,
    /// The connection in the flight recorder.
    entry: Option<EntryRef>,
}

/// A slot to be filled when the head is there.
#[derive(Debug)]
pub(super) struct StreamSlot(Arc<Slot>);

/// Asks the observation that is being polled on this thread to leave its request out of all signals
/// at the end of this poll, and to call `then` afterwards. Without one, calls it now and returns `false`.
pub(crate) fn discard_current(then: impl FnOnce() + 'static) -> bool {
    if !Scope::current().is_active() {
        then();
        return false;
    }
    if Scope::ask(DISCARD, SLOT).was_asked_for(SLOT) {
        take_slot();
    }
    let _ = DISCARDS.try_with(|discards| discards.borrow_mut().push(Box::new(then)));
    true
}

/// The slot that was requested of the innermost observation, if its [scope](SLOT) has one.
#[cold]
pub(super) fn take_slot() -> Option<StreamSlot> {
    SLOTS.try_with(|slots| slots.borrow_mut().pop()).ok().flatten()
}

/// The function to call once the innermost observation has left its request out, if its [scope](DISCARD) has one.
#[cold]
pub(super) fn take_discard() -> Option<Box<dyn FnOnce()>> {
    DISCARDS.try_with(|discards| discards.borrow_mut().pop()).ok().flatten()
}

// === impl StreamSlot ===

impl StreamSlot {
    pub(super) fn fill(self, recorder: StreamRecorder) {
        let _ = self.0.set(recorder);
    }
}

// === impl StreamGuard ===

impl StreamGuard {
    /// Starts the clock for the request that is being handled on this thread.
    pub fn start() -> Self {
        let slot = Arc::new(Slot::new());
        if Scope::current().is_active() {
            // Of two, the last one counts.
            if Scope::ask(SLOT, 0).was_asked_for(SLOT) {
                take_slot();
            }
            let _ = SLOTS.try_with(|slots| slots.borrow_mut().push(StreamSlot(Arc::clone(&slot))));
        }
        let entry = context::with_current(RequestContext::begin_upgrade).flatten();
        if let Some(entry) = entry.as_ref().and_then(EntryRef::get) {
            entry.stream();
        }
        Self {
            slot,
            started: Instant::now(),
            entry,
        }
    }
}

impl StreamGuard {
    /// Ends the entry in the flight recorder, with the panic of the task that served the connection, if it was one.
    fn end_entry(&self) {
        let Some(entry) = self.entry.as_ref().and_then(EntryRef::get) else {
            return;
        };
        if !thread::panicking() {
            return entry.end_alone(Outcome::Ok, None);
        }
        let failure = context::current().and_then(|within| {
            let failure = peek_panic(within.span_id())?;
            let instance = within.parts().instance.as_ref()?;
            Some(failure.redacted(instance.redactor()))
        });
        entry.end_alone(Outcome::Panic, failure.as_ref());
    }
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        if let Some(recorder) = self.slot.get() {
            recorder.record(self.started.elapsed());
            self.end_entry();
        } else if let Some(entry) = self.entry.as_ref().and_then(EntryRef::get) {
            // The upgrade was refused.
            entry.discard();
        }
    }
}
