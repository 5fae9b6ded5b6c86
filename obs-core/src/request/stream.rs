//! What a handler can ask of the observation around it: the lifetime of an upgraded connection, or
//! to be left out.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, OnceLock},
    time::Instant,
};

use crate::metrics::StreamRecorder;

thread_local! {
    static ASKED: Cell<Asked> = const { Cell::new(Asked::Outside) };
    /// A slot for each observation that was asked for one, the innermost last; apart, so that the many
    /// polls that ask for nothing don't touch them.
    static SLOTS: RefCell<Vec<StreamSlot>> = const { RefCell::new(Vec::new()) };
}

/// Where the lifetime goes; filled at the response head.
type Slot = OnceLock<StreamRecorder>;

/// Whether an observation is being polled on this thread, and what its handler asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Outside,
    Nothing,
    Slot,
    Discard,
}

/// Records the lifetime of what a handler hands to another task: an upgraded connection, a
/// WebSocket.
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
}

/// A slot to be filled when the head is there.
#[derive(Debug)]
pub(super) struct StreamSlot(Arc<Slot>);

/// What a handler has asked for.
#[derive(Debug)]
pub(super) enum HandlerRequest {
    Nothing,
    /// To have this slot filled.
    Slot(StreamSlot),
    /// To be left out of all signals.
    Discard,
}

/// Asks the observation that is being polled on this thread to leave its request out of all signals
/// at the end of this poll; `false` if there is none.
pub(crate) fn discard_current() -> bool {
    let is_observed = HandlerScope::is_active();
    if is_observed {
        take_slot(ASKED.replace(Asked::Discard));
    }
    is_observed
}

/// Lets the handler that is polled next ask for something.
#[derive(Clone, Copy, Debug)]
pub(super) struct HandlerScope {
    /// What an observation around this one has been asked for.
    outer: Asked,
}

// === impl HandlerScope ===

impl HandlerScope {
    #[inline]
    pub(super) fn start() -> Self {
        Self { outer: ASKED.replace(Asked::Nothing) }
    }

    /// Whether there is an observation around what runs on this thread.
    pub(super) fn is_active() -> bool {
        matches!(ASKED.get(), Asked::Nothing | Asked::Slot)
    }

    /// What was asked for since the start.
    #[inline]
    pub(super) fn stop(self) -> HandlerRequest {
        match ASKED.replace(self.outer) {
            Asked::Nothing | Asked::Outside => HandlerRequest::Nothing,
            Asked::Slot => take_slot(Asked::Slot).map_or(HandlerRequest::Nothing, HandlerRequest::Slot),
            Asked::Discard => HandlerRequest::Discard,
        }
    }
}

/// The slot of the innermost observation, if it was `asked` for one.
#[cold]
fn take_slot(asked: Asked) -> Option<StreamSlot> {
    (asked == Asked::Slot).then(|| SLOTS.try_with(|slots| slots.borrow_mut().pop()).ok().flatten()).flatten()
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
        if HandlerScope::is_active() {
            // Of two, the last one counts.
            take_slot(ASKED.replace(Asked::Slot));
            let _ = SLOTS.try_with(|slots| slots.borrow_mut().push(StreamSlot(Arc::clone(&slot))));
        }
        Self { slot, started: Instant::now() }
    }
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        if let Some(recorder) = self.slot.get() {
            recorder.record(self.started.elapsed());
        }
    }
}
