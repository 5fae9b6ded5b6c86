//! The handle of health pages.

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    task::{Context, Poll},
};

use tokio::sync::watch;

use super::{Check, HealthReport, slot::Slot};
use crate::{Obs, page::PageOwner};

/// The checks of a service, and whether it wants requests; clones share both.
///
/// See the [module](super) for what `/health` and `/ready` answer.
#[derive(Clone, Debug, Default)]
pub struct Health {
    inner: Arc<Inner>,
    owner: PageOwner,
}

#[derive(Debug)]
struct Inner {
    slots: RwLock<Vec<Arc<Slot>>>,
    draining: watch::Sender<bool>,
    dead: OnceLock<Cow<'static, str>>,
}

/// The future of [`Health::draining`].
#[must_use = "futures do nothing unless polled"]
pub struct Draining {
    notified: Pin<Box<dyn Future<Output = ()> + Send>>,
}

// === impl Health ===

impl Health {
    /// Without checks: alive and ready.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves the pages out of the layers of this instance, and puts the gauge into its registry.
    /// Defaults to the process-wide one that `ObsBuilder::init` made.
    #[must_use]
    pub fn obs(mut self, obs: &Obs) -> Self {
        self.owner = PageOwner::of(obs);
        self
    }

    /// Adds a check, to all clones. It takes the place of an earlier one of the same name.
    #[must_use]
    pub fn check(self, check: Check) -> Self {
        self.add(check);
        self
    }

    /// [`check`](Self::check) for parts of the service that come later.
    pub fn add(&self, check: Check) {
        let mut slots = self.inner.slots.write().unwrap_or_else(PoisonError::into_inner);
        let known = slots.iter().position(|slot| slot.name() == &*check.name);
        let slot = Arc::new(Slot::new(check));
        match known {
            Some(index) => slots[index] = slot,
            None => slots.push(slot),
        }
    }

    /// Whether the process lives. Looks at no check.
    #[must_use]
    pub fn liveness(&self) -> HealthReport {
        self.inner
            .dead
            .get()
            .map_or_else(HealthReport::well, |reason| HealthReport::failed(reason.clone()))
    }

    /// Whether the service shall get requests. Runs the checks whose last result is too old, all at
    /// once; takes no longer than the longest of their timeouts.
    ///
    /// # Panics
    ///
    /// On a tokio runtime that was built without `enable_time`. Outside of any runtime, checks fail.
    pub async fn readiness(&self) -> HealthReport {
        if let Some(reason) = self.inner.dead.get() {
            return HealthReport::failed(reason.clone());
        }
        if self.is_draining() {
            return HealthReport::failed("draining".into());
        }
        let slots = self.inner.slots.read().unwrap_or_else(PoisonError::into_inner).clone();
        let pending: Vec<_> = slots.iter().map(|slot| slot.ask(&self.owner)).collect();
        let mut checks = Vec::with_capacity(pending.len());
        for answer in pending {
            checks.push(answer.wait().await);
        }
        HealthReport::of(checks)
    }

    /// Takes the service out of rotation, or puts it back: `/ready` fails with `draining`, without
    /// asking the checks. The graceful shutdown does this first.
    pub fn set_draining(&self, draining: bool) {
        self.inner.draining.send_replace(draining);
    }

    /// Whether the service is out of rotation.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.inner.draining.borrow()
    }

    /// Completes when the service is taken out of rotation: for answers without a natural end, which
    /// would hold a shutdown up.
    ///
    /// ```
    /// # use obs_core::health::Health;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let health = Health::new();
    /// # health.set_draining(true);
    /// # async fn next_event() { std::future::pending().await }
    /// loop {
    ///     tokio::select! {
    ///         () = health.draining() => break, // the last event: the client connects elsewhere
    ///         () = next_event() => {}
    ///     }
    /// }
    /// # }
    /// ```
    pub fn draining(&self) -> Draining {
        let mut draining = self.inner.draining.subscribe();
        let inner = Arc::clone(&self.inner);
        Draining {
            notified: Box::pin(async move {
                // The sender lives as long as we hold it.
                let _ = draining.wait_for(|draining| *draining).await;
                drop(inner);
            }),
        }
    }

    /// Marks the process as dead: from now on `/health` and `/ready` fail with this reason, which
    /// everyone can read. For failures that only a restart repairs: a lost worker thread, a poisoned state. The
    /// first reason stays.
    pub fn declare_dead(&self, reason: impl Into<Cow<'static, str>>) {
        let reason = reason.into();
        if self.inner.dead.set(reason.clone()).is_ok() {
            tracing::error!(target: crate::names::target::OBS, reason = &*reason, "the process is marked as dead: /health and /ready fail");
        }
    }

    /// The instance whose layers leave the pages out; for adapters.
    #[must_use]
    pub fn owner(&self) -> &PageOwner {
        &self.owner
    }
}

// === impl Inner ===

impl Default for Inner {
    fn default() -> Self {
        Self {
            slots: RwLock::default(),
            draining: watch::Sender::new(false),
            dead: OnceLock::new(),
        }
    }
}

// === impl Draining ===

impl Future for Draining {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.notified.as_mut().poll(cx)
    }
}

impl fmt::Debug for Draining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draining")
    }
}
