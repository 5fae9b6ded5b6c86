//! The handle by which the context of a request holds its entry, and the pool of idle entries.

use std::{cell::RefCell, fmt, sync::Arc, thread};

use obs_conventions::Outcome;

use super::entry::Entry;

/// The most idle entries of a thread.
const MAX_IDLE: usize = 64;

/// The entry of a request whose context holds it; it can be used again afterwards. Empty only while it is dropped.
pub(crate) struct EntryRef(Option<Arc<Entry>>);

thread_local! {
    static IDLE: RefCell<Vec<Arc<Entry>>> = const { RefCell::new(Vec::new()) };
}

/// An idle entry of the recorder at this address, from the pool of the thread.
#[inline]
pub(super) fn take_idle(recorder: *const ()) -> Option<Arc<Entry>> {
    let is_ours = |entry: &Arc<Entry>| entry.is_of(recorder);
    let taken = IDLE.try_with(|idle| {
        let mut idle = idle.try_borrow_mut().ok()?;
        if idle.last().is_some_and(is_ours) {
            return idle.pop();
        }
        let index = idle.iter().rposition(is_ours)?;
        Some(idle.swap_remove(index))
    });
    taken.ok().flatten()
}

// === impl EntryRef ===

impl EntryRef {
    pub(super) fn new(entry: Arc<Entry>) -> Self {
        Self(Some(entry))
    }

    /// The entry.
    #[inline]
    pub(crate) fn get(&self) -> Option<&Entry> {
        self.0.as_deref()
    }

    /// The entry, for a span that may outlive the request's context.
    pub(crate) fn shared(&self) -> Option<Arc<Entry>> {
        self.0.clone()
    }
}

impl Drop for EntryRef {
    fn drop(&mut self) {
        let Some(entry) = self.0.take() else { return };
        if entry.is_running() {
            let outcome = if thread::panicking() {
                Outcome::Panic
            } else {
                Outcome::Ok
            };
            entry.end_alone(outcome, None);
        }
        let _ = IDLE.try_with(|idle| {
            if let Ok(mut idle) = idle.try_borrow_mut()
                && idle.len() < MAX_IDLE
            {
                idle.push(entry);
            }
        });
    }
}

impl fmt::Debug for EntryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
