//! Work that no request started.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use obs_axum::obs_core::{Obs, context, trace};
use tokio::time::interval;

use crate::business::Business;

const EVERY: Duration = Duration::from_secs(5);

/// The carts of visitors.
#[derive(Debug, Default)]
pub(crate) struct Carts {
    /// Left behind and not closed yet.
    abandoned: AtomicU64,
    /// Left behind since the shop opened.
    left: AtomicU64,
    /// Bought since the shop opened.
    bought: AtomicU64,
}

// === impl Carts ===

impl Carts {
    /// A visitor has left a cart.
    pub(crate) fn abandon(&self) {
        self.abandoned.fetch_add(1, Ordering::Relaxed);
        self.left.fetch_add(1, Ordering::Relaxed);
        self.tell_rate();
    }

    /// A visitor has paid.
    pub(crate) fn buy(&self) {
        self.bought.fetch_add(1, Ordering::Relaxed);
        self.tell_rate();
    }

    #[expect(clippy::cast_precision_loss, reason = "a share")]
    fn tell_rate(&self) {
        let (left, bought) = (
            self.left.load(Ordering::Relaxed) as f64,
            self.bought.load(Ordering::Relaxed) as f64,
        );
        Business::set_cart_abandonment_rate(left / (left + bought));
    }

    /// Closes the carts that were left, and tells how many there were.
    fn close_abandoned(&self) -> u64 {
        self.abandoned.swap(0, Ordering::Relaxed)
    }
}

/// Closes abandoned carts now and then, for ever.
pub(crate) async fn close_abandoned_carts(obs: Obs, carts: Arc<Carts>) {
    let mut ticks = interval(EVERY);
    loop {
        ticks.tick().await;
        let work = trace::in_span("close abandoned carts", async {
            context::set_field("job", "close_abandoned_carts");
            tracing::info!(carts = carts.close_abandoned(), "abandoned carts closed");
        });
        // Each run is a unit of work like a request: with ids of its own on its lines, a trace of
        // its own, and fields that the next run doesn't see. A service that is alone in its process
        // and has called `init` writes `context::in_new(work)`.
        context::scope(obs.start_context(), work).await;
    }
}
