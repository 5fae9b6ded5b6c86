//! What an instance is not connected to, which is reported at its first request.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::{Receiver, TryRecvError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use tracing::{Dispatch, dispatcher, subscriber::NoSubscriber};
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt as _};

use super::{Pipeline, installed};
use crate::{context::Ownership, deadline, names::target};

/// Of an instance whose layer is not in the subscriber of the process.
const NO_LAYER: &str = "an instance of obs writes lines of requests, but not those of events: add \
                        `.with(obs.subscriber_layer())` to the subscriber";
/// Of an instance in a process without a default.
const NO_DEFAULT: &str = "the process has no default instance of obs, so `metrics::counter!`, records of the `log` \
                          crate, OpenTelemetry's globals, and layers, clients and pages without `.obs(…)` are not \
                          connected to one: call `obs.make_default()?` after `build()`";
/// Of a layer that has no instance.
const NO_INSTANCE: &str = "a layer without `.obs(…)` records metrics alone, and writes no lines, since the process has \
                           no default instance of obs: call `init()`, or `obs.make_default()?` after `build()`";

/// Closed when a report is written. Of all instances: a layer without one reports what no handle belongs to.
static WRITING: Mutex<Vec<Receiver<()>>> = Mutex::new(Vec::new());
/// How long a flush waits for reports, whose threads only log.
const WAIT: Duration = Duration::from_secs(1);

/// Whether it was reported what an instance is not connected to.
#[derive(Debug, Default)]
pub(crate) struct Connections(AtomicBool);

// === impl Connections ===

impl Connections {
    /// Reports once what is not connected, to the subscriber of the process, and in the lines of the instance if its
    /// layer is not there. A process that has no subscriber is not warned.
    pub(crate) fn report(&self, pipeline: &Pipeline) {
        if self.0.swap(true, Relaxed) {
            return;
        }
        let instance = pipeline.instance.id();
        let lines = pipeline.logs.as_ref();
        let lines = lines.map(|logs| logs.layer_of(&Ownership::new(instance), LevelFilter::OFF));
        let (is_writing, written) = channel::<()>();
        // The thread of a request may have a subscriber to itself; a new one sees the process's.
        let report = move || {
            let _is_writing = is_writing;
            let missing = dispatcher::get_default(|subscriber| missing(subscriber, instance));
            for notice in &missing {
                tracing::warn!(target: target::OBS, "{notice}");
            }
            if missing.contains(&NO_LAYER) {
                tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
                    tracing::warn!(target: target::OBS, "{NO_LAYER}");
                });
            }
        };
        if thread::Builder::new()
            .name("obs-notice".to_owned())
            .spawn(report)
            .is_ok()
        {
            let mut writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
            writing.retain(|written| written.try_recv() == Err(TryRecvError::Empty));
            writing.push(written);
        }
    }
}

/// Waits until the reports that have begun are written, for the timeout or a second at most.
pub(crate) fn wait_for_reports(timeout: Duration) {
    let writing = std::mem::take(&mut *WRITING.lock().unwrap_or_else(PoisonError::into_inner));
    let end = deadline(Instant::now(), timeout.min(WAIT));
    for written in writing {
        let _ = written.recv_timeout(end.saturating_duration_since(Instant::now()));
    }
}

/// What an instance is not connected to under this subscriber.
fn missing(subscriber: &Dispatch, instance: u64) -> Vec<&'static str> {
    let has_default = installed().is_some();
    if subscriber.is::<NoSubscriber>() {
        return Vec::new();
    }
    // The process-wide default before there is one has no lines.
    if instance == 0 {
        return if has_default { Vec::new() } else { vec![NO_INSTANCE] };
    }
    let no_layer = !Ownership::is_part_of(subscriber, instance);
    let all = [(no_layer, NO_LAYER), (!has_default, NO_DEFAULT)];
    all.into_iter()
        .filter(|(is_missing, _)| *is_missing)
        .map(|(_, notice)| notice)
        .collect()
}
