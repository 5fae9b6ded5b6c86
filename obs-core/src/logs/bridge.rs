//! Records of the `log` crate.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tracing_core::{
    Dispatch, Event, LevelFilter, Metadata, Subscriber, callsite, dispatcher,
    span::{Attributes, Id, Record},
};
use tracing_log::{LogTracer, log};

use crate::{guard::guarded, names::target};

/// What is said if the process has another logger.
pub(crate) const LOG_BRIDGE_MISSING: &str = "records of the `log` crate go to the logger that is installed, and are \
                                             not logged by obs: don't install it, or install \
                                             `tracing_log::LogTracer::init()` in its place";

/// A subscriber that notes whether it gets an event.
struct Probe(Arc<AtomicBool>);

/// Turns records of the `log` crate into `tracing` events, for the whole process. Returns false if another logger gets
/// them; a bridge to `tracing` that is installed already is as good.
pub(crate) fn install_log_bridge() -> bool {
    LogTracer::init().is_ok() || is_bridged()
}

/// Whether the installed logger makes `tracing` events of its records. That shows only in what it does with a record;
/// another logger writes the record, so its text is [`LOG_BRIDGE_MISSING`].
fn is_bridged() -> bool {
    let is_bridged = Arc::new(AtomicBool::new(false));
    let probe = Dispatch::new(Probe(Arc::clone(&is_bridged)));
    dispatcher::with_default(&probe, || {
        let text = format_args!("{LOG_BRIDGE_MISSING}");
        let mut builder = log::Record::builder();
        builder.level(log::Level::Error).target(target::OBS);
        guarded(|| log::logger().log(&builder.args(text).build()));
    });
    drop(probe);
    // Forgets what the probe was interested in.
    callsite::rebuild_interest_cache();
    is_bridged.load(Relaxed)
}

// === impl Probe ===

impl Subscriber for Probe {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::ERROR)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.0.store(true, Relaxed);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
