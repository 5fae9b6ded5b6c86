//! Which of the instances that share a subscriber an event or a span belongs to.

use std::sync::{
    Arc, OnceLock, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tracing_core::{Dispatch, Subscriber};
use tracing_subscriber::Layer;

use super::owner::owner_ids;

/// Whether what happens belongs to one instance, among those whose layers are part of the same subscriber.
///
/// A layer of its own, to stand beside those that ask it: it learns of the others when the subscriber is complete.
/// Clones share what it has learnt.
#[derive(Clone, Debug)]
pub(crate) struct Ownership(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    instance: u64,
    /// Those of the subscriber if this is the first of these layers in it.
    own: Arc<Members>,
    /// Those of the subscriber that this is part of.
    members: OnceLock<Arc<Members>>,
}

/// The instances whose layers are part of one subscriber.
#[derive(Debug, Default)]
struct Members {
    /// In ascending order, which is that of their start.
    ids: RwLock<Vec<u64>>,
    are_several: AtomicBool,
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

    /// Whether what happens here belongs to the instance: see [`Obs::subscriber_layer`](crate::Obs::subscriber_layer).
    #[inline]
    pub(crate) fn owns_here(&self) -> bool {
        match self.0.members.get() {
            Some(members) if members.are_several.load(Relaxed) => members.owner() == Some(self.0.instance),
            // Alone in its subscriber.
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

    /// The instance that what happens here belongs to. What belongs to none of them is not lost: the one that was
    /// started first has it.
    fn owner(&self) -> Option<u64> {
        let wanted = owner_ids();
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        let owner = wanted.into_iter().find(|id| ids.binary_search(id).is_ok());
        owner.or_else(|| ids.first().copied())
    }
}
