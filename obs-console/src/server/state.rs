//! What all handles of a console share.

use std::{fmt, sync::Arc};

use obs_core::{adapter::PageOwner, health::Health};

use super::{
    access::Access,
    controls::Controls,
    followers::{Following, Places},
    intake::Gate,
    reply::{Reply, reply},
    worker::Worker,
};
use crate::query::{ConsoleFacts, Problem, Sources};

/// The most clients that follow at once.
pub(super) const MAX_FOLLOWERS: usize = 32;

/// The state of a console.
pub(crate) struct Server {
    pub(super) access: Access,
    owner: PageOwner,
    pub(super) sources: Arc<Sources>,
    pub(super) health: Option<Health>,
    /// Whether there are controls.
    pub(super) has_controls: bool,
    pub(super) controls: Arc<Controls>,
    pub(super) places: Places,
    /// Where other services report, if they may.
    pub(super) gate: Option<Gate>,
    worker: Worker,
}

// === impl Server ===

impl Server {
    pub(crate) fn new(
        access: Access,
        owner: PageOwner,
        sources: Arc<Sources>,
        health: Option<Health>,
        has_controls: bool,
        gate: Option<Gate>,
    ) -> Self {
        Self {
            access,
            owner,
            sources,
            health,
            has_controls,
            controls: Arc::default(),
            places: Places::new(MAX_FOLLOWERS),
            gate,
            worker: Worker::new("obs-console"),
        }
    }

    pub(crate) fn owner(&self) -> &PageOwner {
        &self.owner
    }

    pub(crate) fn link(&self, base: &str) -> String {
        let base = base.trim_end_matches('/');
        match self.access.issue_link() {
            Some(token) => format!("{base}/?token={token}"),
            None => format!("{base}/"),
        }
    }

    /// Whether the service stops.
    pub(super) fn is_stopping(&self) -> bool {
        is_stopping(&self.owner, self.health.as_ref())
    }

    pub(super) fn facts(&self) -> ConsoleFacts {
        ConsoleFacts {
            controls: self.has_controls,
            followers: self.places.taken(),
            followers_limit: MAX_FOLLOWERS,
            intake_bytes: self.sources.foreign().bytes(),
        }
    }

    /// Runs a job on the console's thread.
    ///
    /// # Errors
    ///
    /// If too many wait.
    pub(super) fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Vec<Following>) -> T + Send + 'static,
    ) -> Result<Reply<T>, Problem> {
        let (to, answer) = reply();
        let start = || {
            let (owner, health) = (self.owner.clone(), self.health.clone());
            let is_over = move || is_stopping(&owner, health.as_ref());
            (
                self.sources.obs().clone(),
                Box::new(is_over) as Box<dyn Fn() -> bool + Send>,
            )
        };
        if self.worker.run(start, move |following| to.send(job(following))) {
            Ok(answer)
        } else {
            Err(Problem::unavailable("the console is busy: too many requests wait"))
        }
    }
}

/// An answer that panicked; the process's panic hook has said where.
pub(super) fn failed() -> Problem {
    Problem::unavailable("the answer could not be made")
}

fn is_stopping(owner: &PageOwner, health: Option<&Health>) -> bool {
    owner.is_stopping() || health.is_some_and(Health::is_draining)
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("access", &self.access)
            .field("has_controls", &self.has_controls)
            .finish_non_exhaustive()
    }
}
