//! What the flight recorder has of a request when it ends.

use super::{ending::Ending, running::Running};
use crate::{context::Instance as _, failure::Failure, recorder::End};

// === impl Running ===

impl Running {
    /// Makes a record of the entry in the flight recorder.
    pub(super) fn end_entry(&self, ending: &Ending<'_>) {
        let Some(entry) = self.entry() else { return };
        let chain = ending.failure.and_then(Failure::chain).unwrap_or_default();
        let place = ending.failure.and_then(Failure::location);
        let end = End {
            outcome: ending.outcome,
            status: ending.status,
            error_type: ending.error_type,
            error: ending.failure.map(Failure::message).unwrap_or_default(),
            error_source: if chain.is_empty() {
                place.unwrap_or_default()
            } else {
                &chain
            },
            fingerprint: ending.fingerprint(self.endpoint()).unwrap_or(0),
            duration: ending.duration,
            head: self.until_head(),
            request_bytes: ending.request_bytes,
            response_bytes: self.response_bytes,
        };
        self.instrument
            .common
            .pipeline
            .tracing
            .flight_recorder()
            .end(entry, &end);
    }

    /// Exports the child spans of an unsampled request that is exported all the same.
    pub(super) fn export_children(&self, ending: &Ending<'_>) {
        if let (Some(_), Some(context), Some(entry)) = (ending.deferred, &self.context, self.entry()) {
            let tracing = &self.instrument.common.pipeline.tracing;
            tracing.export_children(context, entry.take_spans());
        }
    }

    /// Writes the lines below the filter that are held for a failure.
    pub(super) fn write_held_lines(&self, ending: &Ending<'_>) {
        if let (Some(logs), Some(entry), Some(_)) = (&self.instrument.common.pipeline.logs, self.entry(), &self.line) {
            let (is_error, latency) = (ending.outcome.is_error(), self.latency(ending.duration));
            logs.write_held(entry, is_error, latency, || self.p99());
        }
    }
}
