//! What an instance is not connected to, which is reported at its first request.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use tracing::{Dispatch, dispatcher, subscriber::NoSubscriber};

use super::installed;
use crate::{
    context::{InstanceRef, Ownership},
    names::target,
};

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

/// Whether it was reported what an instance is not connected to.
#[derive(Debug, Default)]
pub(crate) struct Connections(AtomicBool);

// === impl Connections ===

impl Connections {
    /// Reports once what is not connected, to the subscriber of the process. A process that has none is not warned.
    pub(crate) fn report(&self, instance: &InstanceRef) {
        if self.0.swap(true, Relaxed) {
            return;
        }
        let instance = instance.id();
        // The thread of a request may have a subscriber to itself; a new one sees the process's.
        let report = move || {
            for notice in dispatcher::get_default(|subscriber| missing(subscriber, instance)) {
                tracing::warn!(target: target::OBS, "{notice}");
            }
        };
        let _ = thread::Builder::new().name("obs-notice".to_owned()).spawn(report);
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
