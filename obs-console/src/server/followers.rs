//! The clients that follow: how many there are, and what each of them is sent next.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use obs_base::{calendar::rfc3339, clock};

use super::body::Sender;
use crate::query::Follow;

/// The bytes that a client may leave waiting; meanwhile nothing is read for it.
const MAX_WAITING: usize = 64 << 10;
/// The bytes that are read for a client at once.
const MAX_CHUNK: usize = 64 << 10;
/// How long a client may take nothing of what waits.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a client is told that the stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A limited number of places.
#[derive(Debug)]
pub(crate) struct Places {
    taken: Arc<AtomicUsize>,
    most: usize,
}

/// A place that is taken, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

/// A client that follows, on the console's thread.
#[derive(Debug)]
pub(super) struct Following {
    sender: Sender,
    follow: Follow,
    alive: Instant,
}

// === impl Places ===

impl Places {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            taken: Arc::default(),
            most,
        }
    }

    /// A place, if one is left.
    pub(crate) fn take(&self) -> Option<Place> {
        let one_more = |taken| (taken < self.most).then_some(taken + 1);
        self.taken.fetch_update(Relaxed, Relaxed, one_more).ok()?;
        Some(Place(Arc::clone(&self.taken)))
    }

    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

// === impl Following ===

impl Following {
    pub(super) fn new(sender: Sender, follow: Follow) -> Self {
        Self {
            sender,
            follow,
            alive: Instant::now(),
        }
    }

    /// Sends what there is. False if the client has left or is too slow.
    pub(super) fn advance(&mut self, now: Instant) -> bool {
        if self.sender.is_left() || self.sender.stalled(now) > PATIENCE {
            return false;
        }
        if self.sender.waiting() > MAX_WAITING {
            return true;
        }
        let rows = self.follow.rows(MAX_CHUNK);
        if !rows.is_empty() {
            self.sender.push(rows);
        }
        if now.saturating_duration_since(self.alive) >= HEARTBEAT {
            self.alive = now;
            let at = rfc3339(clock::unix_now());
            self.sender
                .push(format!("{{\"event\":\"alive\",\"at\":\"{at}\"}}\n").into_bytes());
        }
        true
    }
}
