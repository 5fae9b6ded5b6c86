//! The open connections, of which the longest idle one is closed when there is no room for another.

use std::{
    future::Future,
    mem,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

/// How long a connection may take for its first head.
const FIRST_HEAD: Duration = Duration::from_secs(5);
/// How long an answer may take to be read while others wait for a permit.
const SLOW_READER: Duration = Duration::from_secs(2);

/// Permits for connections.
#[derive(Debug)]
pub(super) struct Connections {
    permits: Mutex<Vec<Arc<Activity>>>,
    limit: usize,
    /// Notified when a connection has ended, or can be closed.
    changed: Notify,
}

/// A connection's permit, until it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    activity: Arc<Activity>,
    connections: Arc<Connections>,
}

/// What a connection is at.
#[derive(Debug)]
pub(super) struct Activity {
    phase: Mutex<(Phase, Instant)>,
    was_asked: AtomicBool,
    evicted: Notify,
}

/// What a connection is at, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It waits for the head of a request, or for the rest of it.
    Idle,
    /// The page is being written.
    Working,
    /// The client reads the answer, or does not.
    Sending,
}

// === impl Connections ===

impl Connections {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            permits: Mutex::default(),
            limit,
            changed: Notify::new(),
        })
    }

    /// A permit for one more. If there is none, the connection that has been idle for longest gives way; if none
    /// is idle, the one whose client has taken longest to read its answer, after two seconds.
    pub(super) async fn enter(self: &Arc<Self>) -> Permit {
        loop {
            let now = Instant::now();
            match self.try_enter(now) {
                Ok(permit) => return permit,
                Err(wait) => {
                    let _ = timeout(wait, self.changed.notified()).await;
                }
            }
        }
    }

    /// # Errors
    ///
    /// If all are at work; after that time there may be a permit.
    fn try_enter(self: &Arc<Self>, now: Instant) -> Result<Permit, Duration> {
        let mut permits = self.permits();
        if permits.len() >= self.limit {
            let slow_for = SLOW_READER;
            match oldest(&permits, Phase::Idle).or_else(|| oldest(&permits, Phase::Sending)) {
                None => return Err(slow_for),
                Some((Phase::Sending, since, _)) if now.duration_since(since) < slow_for => {
                    return Err(slow_for.saturating_sub(now.duration_since(since)));
                }
                Some((_, _, index)) => permits.swap_remove(index).evicted.notify_one(),
            }
        }
        let activity = Arc::new(Activity::new(now));
        permits.push(Arc::clone(&activity));
        Ok(Permit {
            activity,
            connections: Arc::clone(self),
        })
    }

    /// Waits until all have left.
    pub(super) async fn all_left(&self) {
        while !self.permits().is_empty() {
            self.changed.notified().await;
        }
    }

    fn permits(&self) -> MutexGuard<'_, Vec<Arc<Activity>>> {
        self.permits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection that has been at this for longest.
fn oldest(permits: &[Arc<Activity>], phase: Phase) -> Option<(Phase, Instant, usize)> {
    let phases = permits
        .iter()
        .enumerate()
        .map(|(index, activity)| (*activity.phase(), index));
    let at_this = phases.filter(|((is, _), _)| *is == phase);
    at_this
        .min_by_key(|((_, since), _)| *since)
        .map(|((phase, since), index)| (phase, since, index))
}

// === impl Permit ===

impl Permit {
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// Completes when the connection has to be closed: its permit is taken, or its first head has not come.
    pub(super) fn lost(&self) -> impl Future<Output = ()> + Send + use<> {
        let activity = Arc::clone(&self.activity);
        async move {
            let mut evicted = pin!(activity.evicted.notified());
            let in_time = timeout(FIRST_HEAD, evicted.as_mut()).await;
            if in_time.is_err() && activity.was_asked.load(Relaxed) {
                evicted.await;
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.connections
            .permits()
            .retain(|other| !Arc::ptr_eq(other, &self.activity));
        self.connections.changed.notify_one();
    }
}

// === impl Activity ===

impl Activity {
    fn new(now: Instant) -> Self {
        Self {
            phase: Mutex::new((Phase::Idle, now)),
            was_asked: AtomicBool::new(false),
            evicted: Notify::new(),
        }
    }

    /// The head of a request is there.
    pub(super) fn begin_request(&self) {
        self.was_asked.store(true, Relaxed);
        self.turn_to(Phase::Working);
    }

    /// The answer is there.
    pub(super) fn begin_answer(&self) {
        self.turn_to(Phase::Sending);
    }

    /// All that was to be sent is with the operating system.
    pub(super) fn sent(&self) {
        let is_answer = self.phase().0 == Phase::Sending;
        if is_answer {
            self.turn_to(Phase::Idle);
        }
    }

    fn turn_to(&self, phase: Phase) {
        let _before = mem::replace(&mut *self.phase(), (phase, Instant::now()));
    }

    fn phase(&self) -> MutexGuard<'_, (Phase, Instant)> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep};

    use super::*;

    async fn has_lost(permit: &Permit) -> bool {
        timeout(Duration::ZERO, permit.activity.evicted.notified())
            .await
            .is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_is_idle_for_longest_gives_way() {
        let connections = Connections::new(3);
        let mut permits = Vec::new();
        for _ in 0..3 {
            permits.push(connections.enter().await);
            advance(Duration::from_millis(1)).await;
        }
        permits[0].activity.begin_request();
        permits[0].activity.begin_answer();
        permits[0].activity.sent();
        permits[1].activity.begin_request();
        let newest = connections.enter().await;
        assert!(has_lost(&permits[2]).await, "idle since its beginning");
        let next = connections.enter().await;
        assert!(has_lost(&permits[0]).await, "idle since its answer");
        assert!(!has_lost(&permits[1]).await && !has_lost(&newest).await && !has_lost(&next).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_gives_way_after_two_seconds_and_one_whose_page_is_written_never() {
        let connections = Connections::new(2);
        let (slow, at_work) = (connections.enter().await, connections.enter().await);
        slow.activity.begin_request();
        slow.activity.begin_answer();
        at_work.activity.begin_request();
        let since = Instant::now();
        let newest = connections.enter().await;
        assert_eq!(since.elapsed().as_secs(), 2);
        assert!(has_lost(&slow).await);
        newest.activity.begin_request();
        assert!(
            timeout(Duration::from_secs(100), connections.enter()).await.is_err(),
            "both are at work"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_place_has_it_as_soon_as_one_is_free() {
        let connections = Connections::new(1);
        let permit = connections.enter().await;
        permit.activity.begin_request();
        let since = Instant::now();
        let leaving = async {
            sleep(Duration::from_millis(10)).await;
            drop(permit);
        };
        let (_next, ()) = tokio::join!(connections.enter(), leaving);
        assert!(since.elapsed() < Duration::from_millis(20));
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_head_has_five_seconds() {
        let connections = Connections::new(2);
        let (silent, requested) = (connections.enter().await, connections.enter().await);
        requested.activity.begin_request();
        let since = Instant::now();
        silent.lost().await;
        assert_eq!(since.elapsed().as_secs(), 5);
        assert!(timeout(Duration::from_secs(60), requested.lost()).await.is_err());
    }
}
