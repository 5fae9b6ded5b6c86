//! Lines below the filter that are held with their request, and written if it fails.

use std::{fmt, sync::Arc, time::Duration};

use tracing_core::{Event, Level, LevelFilter, Metadata, Subscriber, subscriber::Interest};
use tracing_subscriber::{
    Layer,
    layer::{Context, Filter},
    registry::LookupSpan,
};

use super::{filter::LogFilter, output::Output, scratch};
use crate::{
    context::{self, Ownership},
    trace::SlowThreshold,
};

/// Which lines are held, and when they are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeldSettings {
    /// The most verbose level that is held.
    pub(crate) level: Level,
    /// From which latency on a request counts as one that fails.
    pub(crate) slower_than: Option<SlowThreshold>,
}

/// Holds the lines of events.
#[derive(Clone, Debug)]
pub(super) struct HeldLayer {
    output: Arc<Output>,
}

/// Lets through what is held: events of requests that the filter of lines leaves out.
#[derive(Clone)]
pub(super) struct HeldFilter {
    level: Level,
    lines: LogFilter,
    ownership: Ownership,
}

/// A line that is held as it is written, if the recorder has it in another format.
pub(super) struct HeldLine {
    pub(super) level: Level,
    pub(super) text: Box<[u8]>,
}

// === impl HeldLine ===

impl HeldLine {
    fn hold(level: Level, text: &[u8]) {
        context::with_current(|request| {
            if let Some(entry) = request.parts().entry() {
                let bytes = size_of::<Self>() + text.len();
                let text = text.into();
                entry.hold_record(Box::new(Self { level, text }), bytes);
            }
        });
    }
}

// === impl HeldSettings ===

impl HeldSettings {
    /// Whether the lines of a request that ends so are written; `p99` as for [`SlowThreshold::is_exceeded`].
    pub(crate) fn writes(self, is_error: bool, latency: Duration, p99: impl FnOnce() -> Option<Duration>) -> bool {
        let is_slow = |threshold: SlowThreshold| threshold.is_exceeded(latency, p99);
        is_error || self.slower_than.is_some_and(is_slow)
    }
}

// === impl HeldFilter ===

impl HeldFilter {
    pub(super) fn new(settings: HeldSettings, lines: LogFilter, ownership: Ownership) -> Self {
        Self {
            level: settings.level,
            lines,
            ownership,
        }
    }

    fn may_hold(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.level
    }
}

/// Whether there is a request here that holds lines of this level.
fn is_held_here(level: Level) -> bool {
    let holds = context::with_current(|request| {
        let entry = request.parts().entry();
        entry.is_some_and(|entry| entry.holds_lines(level))
    });
    holds.unwrap_or(false)
}

impl<S> Filter<S> for HeldFilter {
    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        if metadata.is_span() {
            // Held lines have the fields of the same spans as others.
            return self.lines.takes(metadata, context);
        }
        self.may_hold(metadata)
            && is_held_here(*metadata.level())
            && !self.lines.takes(metadata, context)
            && self.ownership.owns_here()
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.is_span() {
            return Filter::<S>::callsite_enabled(&self.lines, metadata);
        }
        if self.may_hold(metadata) && !Filter::<S>::callsite_enabled(&self.lines, metadata).is_always() {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level.into())
    }
}

impl fmt::Debug for HeldFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldFilter")
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

// === impl HeldLayer ===

impl HeldLayer {
    pub(super) fn new(output: Arc<Output>) -> Self {
        Self { output }
    }
}

impl<S> Layer<S> for HeldLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        // Asked again: what the filter has decided is lost if another layer logs while it gets this event.
        if !is_held_here(*event.metadata().level()) {
            return;
        }
        scratch::with(|scratch| {
            let output = &*self.output;
            let level = output.encoder.encode_event(scratch, event, &context, (output.id, true));
            if output.recorded.encoder().is_some() {
                HeldLine::hold(level, &scratch.line);
            }
            output.recorded.add(scratch, event, &context, (level, true));
        });
    }
}
