//! What an instance is not connected to, which is reported at its first request or job, and at the end.

use std::{
    borrow::Cow,
    io::{self, Write as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tracing::{Dispatch, dispatcher, subscriber::NoSubscriber};
use tracing_subscriber::{Layer, Registry, filter::LevelFilter, layer::SubscriberExt as _};

use super::{Pipeline, installed};
use crate::{
    context::{GlobalPropagator, Instance as _, Ownership},
    logs::report_apart,
    names::target,
    trace::{GlobalTracing, Tracing},
};

/// Of an instance in a process without a subscriber.
const NO_SUBSCRIBER: &str = "the process has no subscriber of `tracing`, so its events write no lines and its spans are \
                             not exported: call `init()` in place of `build()`, or install a subscriber, \
                             `tracing_subscriber::registry().with(obs.subscriber_layer()).init()`";
/// Of an instance whose layer is not in the subscriber of the process.
const NO_LAYER: &str = "an instance of obs writes lines of requests, but not those of events: add \
                        `.with(obs.subscriber_layer())` to the subscriber";
/// Of an instance in a process without a default.
const NO_DEFAULT: &str = "the process has no default instance of obs, so `metrics::counter!`, records of the `log` \
                          crate, OpenTelemetry's globals, and layers, clients and pages without `.obs(…)` are not \
                          connected to one: call `obs.make_default()?` after `build()`";
/// Of a layer or a client that has no instance.
const NO_INSTANCE: &str = "a layer or client without `.obs(…)` records metrics alone, and writes no lines, since the \
                           process has no default instance of obs: call `init()`, or `obs.make_default()?` after \
                           `build()`";

/// Of the process-wide default, if the application has set another global tracer provider after it.
const OTHER_PROVIDER: &str = "OpenTelemetry's global tracer provider is not the one of obs, which does not export the \
                              spans of libraries that use it: give that provider to `ObsBuilder::tracer_provider` in \
                              place of `opentelemetry::global::set_tracer_provider`";

/// A notice about something that is not connected.
type Notice = Cow<'static, str>;

/// What was reported about the connections of an instance.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    /// Whether the instance was used: what was to be connected by then is.
    is_used: AtomicBool,
    /// The notices that were written; at most one of each kind.
    written: Arc<Mutex<Vec<Notice>>>,
}

// === impl Connections ===

impl Connections {
    /// Reports what is not connected, at the first request or job of the instance.
    pub(crate) fn report(&self, pipeline: &Pipeline) {
        if !self.is_used.load(Relaxed) && !self.is_used.swap(true, Relaxed) {
            self.report_new(pipeline);
        }
    }

    /// Reports what is not connected and was not reported before: to the subscriber of the process, and where that does
    /// not write the lines of the instance, in these; without either, on standard error.
    pub(crate) fn report_new(&self, pipeline: &Pipeline) {
        let instance = pipeline.instance.id();
        let written = Arc::clone(&self.written);
        let lines = pipeline.logs.as_ref();
        let lines = lines.map(|logs| logs.layer_of(&Ownership::new(instance), LevelFilter::OFF));
        let is_scoped = !dispatcher::get_default(Dispatch::is::<NoSubscriber>);
        // The thread of a request may have a subscriber to itself; a new one sees the process's.
        report_apart(move || {
            let is_without = dispatcher::get_default(Dispatch::is::<NoSubscriber>);
            // Subscribers of single threads are those of tests, which choose what they connect.
            if !(is_without && is_scoped) {
                let mut notices = dispatcher::get_default(|process| missing(process, instance));
                keep_new(&mut notices, &written);
                write(&notices, is_without, lines);
            }
        });
    }
}

/// Removes the notices that are written, and adds the others to those.
fn keep_new(notices: &mut Vec<Notice>, written: &Mutex<Vec<Notice>>) {
    let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
    notices.retain(|notice| !written.contains(notice));
    written.extend_from_slice(notices);
}

/// Writes the notices where people see them; `lines` are those of the instance, if it has any.
fn write(notices: &[Notice], is_without_subscriber: bool, lines: Option<impl Layer<Registry> + Send + Sync>) {
    for notice in notices {
        tracing::warn!(target: target::OBS, "{notice}");
    }
    let unseen = notices
        .iter()
        .filter(|notice| is_without_subscriber || *notice == NO_LAYER);
    if let Some(lines) = lines {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            for notice in unseen {
                tracing::warn!(target: target::OBS, "{notice}");
            }
        });
    } else if is_without_subscriber {
        let mut stderr = io::stderr().lock();
        for notice in unseen {
            // Nobody is left to hear of an error.
            let _ = writeln!(stderr, "WARN obs: {notice}");
        }
    }
}

/// What an instance is not connected to under this subscriber, that of the process.
fn missing(subscriber: &Dispatch, instance: u64) -> Vec<Notice> {
    let default = installed();
    // The process-wide default before there is one has no lines.
    if instance == 0 {
        return if default.is_some() {
            Vec::new()
        } else {
            vec![NO_INSTANCE.into()]
        };
    }
    let is_without = subscriber.is::<NoSubscriber>();
    let no_layer = !is_without && !Ownership::is_part_of(subscriber, instance);
    let all = [
        (is_without, NO_SUBSCRIBER),
        (no_layer, NO_LAYER),
        (default.is_none(), NO_DEFAULT),
    ];
    let missing = all.into_iter().filter(|(is_missing, _)| *is_missing);
    let mut notices: Vec<_> = missing.map(|(_, notice)| notice.into()).collect();
    if let Some(default) = default.filter(|default| default.instance.id() == instance) {
        notices.extend(foreign_globals(&default.tracing));
    }
    notices
}

/// OpenTelemetry's globals that are not those of the process-wide default.
fn foreign_globals(default: &Tracing) -> Vec<Notice> {
    let mut notices = Vec::new();
    // The spans of a provider of the application's meet, whoever asks it.
    if !default.is_of_others() && GlobalTracing::look() == GlobalTracing::Foreign {
        notices.push(OTHER_PROVIDER.into());
    }
    if let Some(header) = GlobalPropagator::foreign_header(default.propagators()) {
        let notice = format!(
            "OpenTelemetry's global propagator is not the one of obs, which does not use its header {header:?}: give it \
             to `ObsBuilder::propagator` in place of `opentelemetry::global::set_text_map_propagator`"
        );
        notices.push(notice.into());
    }
    notices
}
