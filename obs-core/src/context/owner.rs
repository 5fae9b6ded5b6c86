//! The instance that an event, a span or a metric belongs to, also among the instances that share a subscriber.

use std::sync::{
    Arc, OnceLock, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tracing_core::{Dispatch, Subscriber};
use tracing_subscriber::Layer;

use super::{InstanceRef, instance, outside_instance, set_thread_default, with_current};

/// Whether events and spans belong to one instance, among the instances whose layers are part of the same subscriber.
///
/// A separate layer beside the layers that use it: it finds the other instances when the subscriber is complete. Clones
/// share the result.
#[derive(Clone, Debug)]
pub(crate) struct Ownership(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    instance: u64,
    /// The instances of the subscriber, if this is the first of these layers in it.
    own: Arc<Members>,
    /// The instances of the subscriber that this is part of.
    members: OnceLock<Arc<Members>>,
}

/// The instances whose layers are part of one subscriber.
#[derive(Debug, Default)]
struct Members {
    /// The ids in ascending order, which is the order of the starts.
    ids: RwLock<Vec<u64>>,
    are_several: AtomicBool,
}

/// The instance of an event, a span or a metric that is recorded now: that of the current request or job, else that
/// of the thread, else the process-wide default.
#[inline]
pub(crate) fn owner() -> Option<InstanceRef> {
    // Requests of layers that were used before there was a default have the id 0.
    let of_request = with_current(|request| request.parts().instance.clone().filter(|instance| instance.id() != 0));
    of_request.flatten().or_else(outside_instance)
}

/// The ids of the possible owners, in the order of [`owner`]; 0 for none.
fn owner_ids() -> [u64; 3] {
    let of_request = with_current(|request| request.parts().instance_id());
    let [of_thread, default] = instance::outside_ids();
    [of_request.unwrap_or_default(), of_thread, default]
}

/// Wraps `work` for another thread, so that what it records outside of requests belongs to the instance of this
/// thread, see [`Obs::make_thread_default`](crate::Obs::make_thread_default).
#[doc(hidden)]
pub fn carry_instance<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let here = instance::of_thread();
    move || {
        if let Some(instance) = here {
            set_thread_default(instance);
        }
        work()
    }
}

// === impl Ownership ===

impl Ownership {
    pub(crate) fn new(instance: u64) -> Self {
        Self(Arc::new(Inner {
            instance,
            own: Arc::default(),
            members: OnceLock::new(),
        }))
    }

    /// Whether an event or a span on this thread belongs to the instance: see
    /// [`Obs::subscriber_layer`](crate::Obs::subscriber_layer).
    #[inline]
    pub(crate) fn owns_here(&self) -> bool {
        match self.0.members.get() {
            Some(members) if members.are_several.load(Relaxed) => members.owner() == Some(self.0.instance),
            // The only instance of its subscriber.
            _ => true,
        }
    }

    /// Whether the layer of the instance is part of this subscriber, as far as that can be seen.
    pub(crate) fn is_part_of(subscriber: &Dispatch, instance: u64) -> bool {
        let found = subscriber.downcast_ref::<Self>();
        found.is_some_and(|first| first.0.instance == instance || first.0.own.contains(instance))
    }
}

impl<S: Subscriber> Layer<S> for Ownership {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        // The same one for all that are part of this subscriber.
        let Some(first) = subscriber.downcast_ref::<Self>() else {
            return;
        };
        let members = self.0.members.get_or_init(|| Arc::clone(&first.0.own));
        members.add(self.0.instance);
    }
}

// === impl Members ===

impl Members {
    fn add(&self, instance: u64) {
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        if let Err(at) = ids.binary_search(&instance) {
            ids.insert(at, instance);
        }
        self.are_several.store(ids.len() > 1, Relaxed);
    }

    fn contains(&self, instance: u64) -> bool {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        ids.binary_search(&instance).is_ok()
    }

    /// The instance that an event or a span on this thread belongs to: the one that was started first if it is none
    /// of them.
    fn owner(&self) -> Option<u64> {
        let wanted = owner_ids();
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        let owner = wanted.into_iter().find(|id| ids.binary_search(id).is_ok());
        owner.or_else(|| ids.first().copied())
    }
}
