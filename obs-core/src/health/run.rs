//! One run of a check, independent of the probe that started it.

use std::{sync::Arc, thread};

use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};

use super::{
    check::{Probe, Verdict},
    slot::{Failure, Slot},
};
use crate::page::PageOwner;

/// A run in flight. Its slot is notified of its end exactly once, however it ends.
#[derive(Debug)]
pub(super) struct Run {
    slot: Arc<Slot>,
    began: Instant,
    owner: PageOwner,
    has_ended: bool,
}

// === impl Run ===

impl Run {
    pub(super) fn new(slot: Arc<Slot>, began: Instant, owner: PageOwner) -> Self {
        Self {
            slot,
            began,
            owner,
            has_ended: false,
        }
    }

    pub(super) fn start(self, runtime: &Handle) {
        match self.slot.check.probe.clone() {
            Probe::Async(ask) => {
                runtime.spawn(async move {
                    let answer = timeout(self.slot.check.timeout, async move { ask().await }).await;
                    self.end(answer.map_or(Err(Failure::Overdue), judged));
                });
            }
            Probe::Blocking(ask) => {
                // Not a blocking task of the runtime: its shutdown would wait for one that hangs.
                let thread = thread::Builder::new().name("obs-health".to_owned());
                // If no thread can be started, the closure is dropped with the run, which notifies the slot.
                let _ = thread.spawn(move || {
                    let verdict = ask();
                    self.end(judged(verdict));
                });
            }
        }
    }

    fn end(mut self, verdict: Result<(), Failure>) {
        self.has_ended = true;
        self.slot.end(self.began, verdict, &self.owner);
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.has_ended {
            let reason = if thread::panicking() {
                "panicked"
            } else {
                "could not run"
            };
            self.slot.end(self.began, Err(Failure::Broken(reason)), &self.owner);
        }
    }
}

fn judged(verdict: Verdict) -> Result<(), Failure> {
    verdict.map_err(Failure::Complaint)
}
