//! The subscribers that a pipeline's layer is part of.

use std::sync::{Arc, Mutex, PoisonError};

use tracing_core::{
    Dispatch, Subscriber, callsite,
    dispatcher::{self, WeakDispatch},
};
use tracing_subscriber::Layer;

/// Held while interests are rebuilt: two rebuildings at once can leave the result of the older one.
static REBUILDING: Mutex<()> = Mutex::new(());

/// The subscribers, as far as they are still there; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Subscribers(Arc<Mutex<Vec<WeakDispatch>>>);

// === impl Subscribers ===

impl Subscribers {
    /// Invalidates the cached interest of all callsites.
    ///
    /// While there is only one subscriber, `tracing` asks that of the current thread: on a thread
    /// outside of it (`set_default`, `with_default`) this would switch off every event of the
    /// process. So it is done within a subscriber of ours.
    pub(super) fn rebuild_interest(&self) {
        let ours = self.known().iter().find_map(WeakDispatch::upgrade);
        let _alone = REBUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        match ours {
            Some(ours) => dispatcher::with_default(&ours, callsite::rebuild_interest_cache),
            None => callsite::rebuild_interest_cache(),
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Vec<WeakDispatch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber> Layer<S> for Subscribers {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        let mut known = self.known();
        known.retain(|known| known.upgrade().is_some());
        known.push(subscriber.downgrade());
    }
}
