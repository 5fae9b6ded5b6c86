//! One check's last result, and the one run that may be in flight.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use metrics::{Key, Label, Level, Metadata, Recorder};
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{Instant, timeout_at},
};

use super::{Check, CheckReport, Status, check::Complaint, run::Run};
use crate::{
    guard::guarded,
    names::{label, metric, target},
    page::PageOwner,
};

/// A check and what is known of its subject.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) check: Check,
    state: watch::Sender<State>,
    /// The state that was logged last.
    reported: AtomicU8,
    is_described: AtomicBool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    last: Option<Found>,
    /// When the run began that is in flight.
    running: Option<Instant>,
}

/// The result of a run.
#[derive(Clone, Debug)]
struct Found {
    at: Instant,
    duration: Duration,
    /// Why it did not pass.
    reason: Option<Cow<'static, str>>,
}

/// The answer of a check, if need be in a moment.
#[derive(Debug)]
pub(super) enum Answer {
    Known(CheckReport),
    Pending {
        slot: Arc<Slot>,
        state: watch::Receiver<State>,
        since: Instant,
        owner: PageOwner,
    },
}

/// Why a run brought nothing good.
pub(super) enum Failure {
    /// The check says so.
    Complaint(Complaint),
    /// It took too long and was dropped.
    Overdue,
    /// It could not run to its end.
    Broken(&'static str),
}

const UNKNOWN: u8 = 0;
const UP: u8 = 1;
const DOWN: u8 = 2;

// === impl Slot ===

impl Slot {
    pub(super) fn new(check: Check) -> Self {
        Self {
            check,
            state: watch::Sender::default(),
            reported: AtomicU8::new(UNKNOWN),
            is_described: AtomicBool::new(false),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.check.name
    }

    /// The last result while it is fresh; else that of the run in flight, or of one that begins now.
    pub(super) fn ask(self: &Arc<Self>, owner: &PageOwner) -> Answer {
        let now = Instant::now();
        let Ok(runtime) = Handle::try_current() else {
            let reason = Some("there is no tokio runtime".into());
            return Answer::Known(self.report(Found {
                at: now,
                duration: Duration::ZERO,
                reason,
            }));
        };
        let state = self.state.subscribe();
        let (mut fresh, mut since, mut begins) = (None, now, false);
        self.state.send_if_modified(|state| {
            fresh = state
                .last
                .clone()
                .filter(|found| now.duration_since(found.at) < self.check.cache);
            if fresh.is_none() {
                begins = state.running.is_none();
                since = *state.running.get_or_insert(now);
            }
            false
        });
        if let Some(found) = fresh {
            return Answer::Known(self.report(found));
        }
        if begins {
            Run::new(Arc::clone(self), now, owner.clone()).start(&runtime);
        }
        Answer::Pending {
            slot: Arc::clone(self),
            state,
            since,
            owner: owner.clone(),
        }
    }

    /// Takes the result of the run in flight, however that has ended.
    pub(super) fn end(&self, began: Instant, verdict: Result<(), Failure>, owner: &PageOwner) {
        let at = Instant::now();
        let duration = at.duration_since(began);
        let late = duration > self.check.timeout;
        let (reason, error) = match verdict {
            Ok(()) if late => (Some(format!("took longer than {:?}", self.check.timeout).into()), None),
            Ok(()) => (None, None),
            Err(Failure::Complaint(complaint)) => {
                let texts = (Some(self.check.reason(&complaint)), Some(complaint.chain()));
                // The error is the application's own, and may panic when it is dropped.
                let _ = guarded(|| drop(complaint));
                texts
            }
            Err(Failure::Overdue) => (Some(self.overdue()), None),
            Err(Failure::Broken(reason)) => (Some(Cow::Borrowed(reason)), None),
        };
        self.log_change(reason.as_deref(), error.as_deref(), owner);
        self.state.send_modify(|state| {
            state.last = Some(Found { at, duration, reason });
            state.running = None;
        });
    }

    fn overdue(&self) -> Cow<'static, str> {
        format!("no answer within {:?}", self.check.timeout).into()
    }

    fn report(&self, Found { duration, reason, .. }: Found) -> CheckReport {
        let status = match reason {
            None => Status::Pass,
            Some(_) if self.check.is_required => Status::Fail,
            Some(_) => Status::Warn,
        };
        CheckReport::new(Arc::clone(&self.check.name), status, duration, reason)
    }

    /// Sets the gauge, and logs what has changed.
    fn log_change(&self, reason: Option<&str>, error: Option<&str>, owner: &PageOwner) {
        self.set_gauge(reason.is_none(), owner);
        let before = self
            .reported
            .swap(if reason.is_none() { UP } else { DOWN }, Ordering::Relaxed);
        let check = self.name();
        match (before, reason) {
            (UNKNOWN | UP, Some(reason)) => {
                tracing::warn!(target: target::OBS, check, reason, error, "health check fails");
            }
            (DOWN, None) => tracing::info!(target: target::OBS, check, "health check passes again"),
            _ => {}
        }
    }

    fn set_gauge(&self, up: bool, owner: &PageOwner) {
        let recorder = owner.pipeline().target.recorder();
        let def = &metric::HEALTH_CHECK_UP;
        if !self.is_described.swap(true, Ordering::Relaxed) {
            recorder.describe_gauge(def.base().into(), None, def.help.into());
        }
        let key = Key::from_parts(def.base(), vec![Label::new(label::CHECK, self.name().to_owned())]);
        let metadata = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));
        recorder.register_gauge(&key, &metadata).set(if up { 1.0 } else { 0.0 });
    }
}

// === impl Answer ===

impl Answer {
    /// Waits, at most until the run in flight is overdue.
    pub(super) async fn wait(self) -> CheckReport {
        let (slot, mut state, since, owner) = match self {
            Self::Known(report) => return report,
            Self::Pending {
                slot,
                state,
                since,
                owner,
            } => (slot, state, since, owner),
        };
        let ended = state.wait_for(|state| state.running != Some(since));
        if let Ok(Ok(state)) = timeout_at(since + slot.check.timeout, ended).await
            && let Some(found) = state.last.clone()
        {
            return slot.report(found);
        }
        // A task that blocks its thread, or a thread of its own: only its end can end it.
        let reason = slot.overdue();
        slot.log_change(Some(&reason), None, &owner);
        let now = Instant::now();
        slot.report(Found {
            at: now,
            duration: now.duration_since(since),
            reason: Some(reason),
        })
    }
}
