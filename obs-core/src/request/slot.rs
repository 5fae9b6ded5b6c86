//! Where the state of a request lies while it runs.

use std::cell::RefCell;

use super::running::Running;
use crate::guard::guarded;

/// Slots that a thread keeps for the next requests.
const MAX_POOLED: usize = 64;

thread_local! {
    #[expect(clippy::vec_box, reason = "the boxes are what is used again")]
    static POOL: RefCell<Vec<Box<Option<Running>>>> = const { RefCell::new(Vec::new()) };
}

/// A place on the heap for the state of one request.
///
/// Futures and bodies that carry an observation are moved again and again, so they hold a pointer. The
/// place itself serves the next request of the thread, so that it costs no allocation.
pub(super) struct Slot(Box<Option<Running>>);

// === impl Slot ===

impl Slot {
    /// An empty slot.
    #[inline]
    pub(super) fn take() -> Self {
        let pooled = POOL.try_with(|pool| pool.try_borrow_mut().ok().and_then(|mut pool| pool.pop())).ok().flatten();
        Self(pooled.unwrap_or_default())
    }

    /// Where the state is to be made.
    #[inline]
    pub(super) fn vacant(&mut self) -> &mut Option<Running> {
        &mut self.0
    }

    #[inline]
    pub(super) fn running(&self) -> Option<&Running> {
        (*self.0).as_ref()
    }

    #[inline]
    pub(super) fn running_mut(&mut self) -> Option<&mut Running> {
        (*self.0).as_mut()
    }

    /// Lets go of the state, and of the slot for the next request.
    #[inline]
    pub(super) fn give_back(self) {
        let Self(mut running) = self;
        // Before the pool is borrowed, and guarded: it may hold the last handle to the settings of a layer,
        // whose hooks run code of others when they are dropped.
        let _ = guarded(|| *running = None);
        let _ = POOL.try_with(|pool| {
            if let Ok(mut pool) = pool.try_borrow_mut()
                && pool.len() < MAX_POOLED
            {
                pool.push(running);
            }
        });
    }
}
