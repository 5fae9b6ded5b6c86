//! Settings of traces beyond endpoint and ratio.

use std::{sync::Arc, time::Duration};

use opentelemetry::propagation::TextMapPropagator;

use super::ObsBuilder;
use crate::trace::Sampling;

// === impl ObsBuilder ===

impl ObsBuilder {
    /// Which new traces are recorded, by route and by number, beyond the one ratio for all. Defaults
    /// to that ratio alone.
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Exports the server span of a request that was not sampled all the same if it ended in an
    /// error of the service: a 5xx answer, a panic, a failed body. Defaults to off.
    ///
    /// The span has the ids that are on the request's lines, its parent, and `obs.kept = "error"`;
    /// its children are lost, since whether it would matter was not known while they ran. Nobody
    /// else hears of it: the flag that was sent on stays unsampled, and exemplars don't lead to it.
    ///
    /// It costs every request that is not sampled a copy of what a span tells (path, query, user
    /// agent, headers asked for) into a buffer that is used again, and no allocation. What is kept is
    /// limited by the export queue only. A provider of the user's own keeps nothing.
    pub fn keep_errors(mut self, on: bool) -> Self {
        self.keep.errors = on;
        self
    }

    /// The same as [`keep_errors`](Self::keep_errors) for a request that took longer than this until
    /// its last byte; a stream by nature, until its head. The span has `obs.kept = "slow"`. Defaults
    /// to off.
    pub fn keep_slower_than(mut self, threshold: Duration) -> Self {
        self.keep.slower_than = Some(threshold);
        self
    }

    /// The longest text of an attribute of a span, its events and links, and of a log record that is
    /// exported, in bytes: a path, a query, a header, a field, the message of an exception. Of a list, all
    /// texts together have no more. What is longer is cut between characters, and the span has
    /// `obs.truncated = true`, the record `truncated = true`. Defaults to
    /// `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` or `OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT`, else
    /// `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`, else 4 096 on spans and 65 536 in records, which have no more
    /// together.
    pub fn attribute_value_length_limit(mut self, bytes: usize) -> Self {
        self.value_limit = Some(bytes);
        self
    }

    /// A format of trace headers beside that of W3C: B3, Jaeger, X-Ray. It reads the headers of
    /// requests that have no valid `traceparent`, and our clients send its headers too; where
    /// `OTEL_PROPAGATORS` lists formats and `tracecontext` is not among them, its headers alone.
    /// [`init`](Self::init) also hands it to instrumentation of others, as part of OpenTelemetry's
    /// global propagator. The crate that has it must be of the version of
    /// [`otel::opentelemetry`](crate::otel::opentelemetry). Defaults to none.
    pub fn propagator(mut self, propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        self.propagator = Some(Arc::new(propagator));
        self
    }
}
