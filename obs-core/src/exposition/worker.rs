//! The threads that write pages.
//!
//! There are two: one writes, the other watches the time limit meanwhile, because what is collected
//! for a page may block. Each can do both, so whoever is free goes on.

use std::{
    sync::{Arc, PoisonError},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::queue::{Inner, Job, Unavailable};
use crate::{guard::guarded, names::target};

/// Longer than the usual times between scrapes, so that a service that is scraped keeps its threads.
const IDLE: Duration = Duration::from_secs(70);

/// Sees that there are at least so many threads.
pub(super) fn start(inner: &Arc<Inner>, threads: usize) {
    let mut state = inner.lock();
    if state.threads >= threads {
        return;
    }
    state.threads += 1;
    drop(state);
    let shared = Arc::clone(inner);
    let spawned = thread::Builder::new()
        .name("obs-metrics".to_owned())
        .spawn(move || run(&shared));
    if let Err(error) = spawned {
        give_up(inner, &error);
    }
}

/// If no thread can be started, no page is written; one that is being written is not supervised.
fn give_up(inner: &Inner, error: &std::io::Error) {
    let mut state = inner.lock();
    state.threads -= 1;
    let stranded = if state.threads == 0 {
        state.take_waiting()
    } else {
        Vec::new()
    };
    drop(state);
    tracing::error!(target: target::OBS, %error, "no thread for the metrics page");
    for job in stranded {
        job.finish(Err(Unavailable::Failed));
    }
}

fn run(inner: &Arc<Inner>) {
    let mut state = inner.lock();
    loop {
        let overdue = state.overdue(Instant::now());
        let next = state.run_next();
        if !overdue.is_empty() || next.is_some() {
            drop(state);
            for job in overdue {
                job.finish(Err(Unavailable::TooLate));
            }
            if let Some(job) = next {
                start(inner, 2);
                job.finish(write(&job));
                inner.lock().running = None;
            }
            state = inner.lock();
            continue;
        }
        let deadline = state.next_deadline();
        if deadline.is_none() && state.is_closed {
            break;
        }
        let time = deadline.map_or(IDLE, |deadline| deadline.saturating_duration_since(Instant::now()));
        let (guard, timeout) = inner
            .changed
            .wait_timeout(state, time)
            .unwrap_or_else(PoisonError::into_inner);
        state = guard;
        if timeout.timed_out() && state.next_deadline().is_none() {
            break;
        }
    }
    state.threads -= 1;
}

/// The page as it is sent.
fn write(job: &Job) -> Result<Bytes, Unavailable> {
    // The panic hook has logged the panic.
    let page = guarded(|| job.source.write(&job.wanted, job.deadline));
    let packed = job.wanted.encoding.apply(page.ok_or(Unavailable::Failed)??);
    packed.map(Bytes::from).map_err(|error| {
        tracing::error!(target: target::OBS, %error, "the metrics page could not be compressed");
        Unavailable::Failed
    })
}
