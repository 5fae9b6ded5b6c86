//! What a handler can ask of the observation around it: the lifetime of an upgraded connection, or
//! to be left out.

use std::{
    cell::RefCell,
    sync::{Arc, OnceLock},
    time::Instant,
};

use crate::metrics::StreamRecorder;

thread_local! {
    static ASKED: RefCell<Asked> = const { RefCell::new(Asked::Outside) };
}

/// Where the lifetime goes; filled at the response head.
type Slot = OnceLock<StreamRecorder>;

/// Whether an observation is being polled on this thread, and what its handler asked for.
#[derive(Debug)]
enum Asked {
    Outside,
    Observed(Option<Arc<Slot>>),
    Discarded,
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
pub(super) enum Request {
    Nothing,
    /// To have this slot filled.
    Slot(StreamSlot),
    /// To be left out of all signals.
    Discard,
}

/// Asks the observation that is being polled on this thread to leave its request out of all signals
/// at the end of this poll; `false` if there is none.
pub(crate) fn discard_current() -> bool {
    ASKED
        .try_with(|asked| {
            let mut asked = asked.borrow_mut();
            let is_observed = matches!(*asked, Asked::Observed(_));
            if is_observed {
                *asked = Asked::Discarded;
            }
            is_observed
        })
        .unwrap_or(false)
}

/// Lets the handler that is polled next ask for something.
#[derive(Debug)]
pub(super) struct Listening {
    /// What an observation around this one has been asked for.
    outer: Asked,
}

// === impl Listening ===

impl Listening {
    pub(super) fn start() -> Self {
        Self { outer: swap(Asked::Observed(None)) }
    }

    /// Whether there is an observation around what runs on this thread.
    pub(super) fn is_active() -> bool {
        ASKED.try_with(|asked| matches!(*asked.borrow(), Asked::Observed(_))).unwrap_or(false)
    }

    /// What was asked for since the start.
    pub(super) fn stop(self) -> Request {
        match swap(self.outer) {
            Asked::Observed(Some(slot)) => Request::Slot(StreamSlot(slot)),
            Asked::Observed(None) | Asked::Outside => Request::Nothing,
            Asked::Discarded => Request::Discard,
        }
    }
}

fn swap(asked: Asked) -> Asked {
    ASKED.try_with(|current| current.replace(asked)).unwrap_or(Asked::Outside)
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
        let _ = ASKED.try_with(|asked| {
            if let Asked::Observed(asked) = &mut *asked.borrow_mut() {
                *asked = Some(Arc::clone(&slot));
            }
        });
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
