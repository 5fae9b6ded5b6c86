//! Settings of traces beyond endpoint and ratio.

use std::sync::Arc;

use obs_base::InitError;
use opentelemetry::propagation::TextMapPropagator;

use super::ObsBuilder;
use crate::{
    recorder::MIN_BYTES,
    trace::{Sampling, SlowThreshold},
};

// === impl ObsBuilder ===

impl ObsBuilder {
    /// Which new traces are recorded, by route and by number per second, in place of one ratio for all. Defaults to the
    /// ratio alone.
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Exports the server span of an unsampled request if it ended in an error of the service: a 5xx answer, a panic, a
    /// failed body. Defaults to off.
    ///
    /// The span has the ids that are on the request's lines, its parent, and `obs.kept = "error"`. Its child spans and
    /// those of its outgoing requests are exported too, up to 64, which the [flight recorder](crate::recorder) has kept
    /// meanwhile; without a flight recorder it has no children. All of them are marked as sampled, and the exemplar of
    /// the request refers to its span.
    ///
    /// Other services were told that the trace is not sampled, and stay so: each of them keeps what fails in it, so that
    /// the trace of an error that is passed on has the spans of all services that saw it fail, and those between an error
    /// that is handled and its cause are missing. What a caller says by its `traceparent` decides as before whether the
    /// request is sampled, if it is trusted (`trust_incoming` of the layer).
    ///
    /// Its cost for every unsampled request is a copy of the attributes (path, query, user agent, recorded headers)
    /// into a reused buffer, without an allocation. The number of kept spans is limited by the export queue only.
    /// With a provider of the application no spans are kept.
    pub fn keep_errors(mut self, on: bool) -> Self {
        self.keep.errors = on;
        self
    }

    /// The same as [`keep_errors`](Self::keep_errors) for a request that took longer until its last byte; a stream by
    /// nature, until its head: longer than a duration, or than the [99th percentile](SlowThreshold::P99) of its
    /// endpoint. The span has `obs.kept = "slow"`. Defaults to off.
    ///
    /// ```
    /// use std::time::Duration;
    /// use obs_core::{Obs, trace::SlowThreshold};
    ///
    /// let builder = Obs::builder("payment-service").keep_slower_than(Duration::from_millis(250));
    /// # drop(builder);
    /// let builder = Obs::builder("payment-service").keep_slower_than(SlowThreshold::P99);
    /// # drop(builder);
    /// ```
    pub fn keep_slower_than(mut self, threshold: impl Into<SlowThreshold>) -> Self {
        self.keep.slower_than = Some(threshold.into());
        self
    }

    /// The bytes that the [flight recorder](crate::recorder) of the instance holds at most: of what is running, and of what
    /// has ended lately. At least 393 216 (384 KiB), or 0, which records nothing. Defaults to 4 MiB.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// let builder = Obs::builder("payment-service").flight_recorder(16 * 1024 * 1024);
    /// # drop(builder);
    /// ```
    pub fn flight_recorder(mut self, bytes: usize) -> Self {
        self.recorder_bytes = bytes;
        self
    }

    /// Checks the bytes of the flight recorder.
    ///
    /// # Errors
    ///
    /// If they are too few to be of use.
    pub(super) fn check_flight_recorder(&self) -> Result<(), InitError> {
        if self.recorder_bytes == 0 || self.recorder_bytes >= MIN_BYTES {
            return Ok(());
        }
        let expected = format!("0, which turns the recorder off, or at least {MIN_BYTES} bytes");
        Err(InitError::invalid("flight_recorder", self.recorder_bytes, expected))
    }

    /// Which spans and events of `tracing` are exported: spans as children of the request's span, events as events of
    /// the span around them. Levels, for all targets or for one with its modules:
    /// `info,my_crate::db=debug,hyper=off`; of two targets the longer one is used. Targets that are not named need a
    /// level of their own: `my_crate=debug` exports those of `my_crate` alone. Defaults to `OBS_SPAN_FILTER`, else to
    /// `info`.
    ///
    /// Log lines have a filter of their own ([`log_filter`](Self::log_filter), `RUST_LOG`), and so have other layers
    /// of the subscriber: `RUST_LOG=error` leaves spans as they are. The spans of requests and of outgoing requests,
    /// and those of [`trace::span`](crate::trace::span), are not spans of `tracing`, and are not filtered.
    ///
    /// A malformed directive is an error at the start, which names it and its position; in `OBS_SPAN_FILTER`, it is
    /// reported in a warning, and the variable is ignored.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// let builder = Obs::builder("payment-service").span_filter("info,my_crate::db=debug");
    /// # drop(builder);
    /// ```
    pub fn span_filter(mut self, directives: impl Into<String>) -> Self {
        self.span_filter = Some(directives.into());
        self
    }

    /// Names of fields of `tracing` spans that belong to the request: what is recorded under them on a span within a
    /// request is a field of the request's lines and an attribute of its span, as with
    /// [`context::record`](crate::context::record). Can be called several times. Defaults to none.
    ///
    /// This is for code that was written for tracing-actix-web or for tower-http's `TraceLayer`:
    ///
    /// | where | reaches the request |
    /// |---|---|
    /// | a handler | `Span::current().record("user_id", id)`: each request then has a `tracing` span that declares the names |
    /// | `#[instrument(fields(user_id))]`, with an argument or a field of that name | its value, and what is recorded on it later |
    /// | a span of other middleware that declares the field | the same |
    /// | a field that the span doesn't declare | nothing: `tracing` drops it |
    ///
    /// Only spans of level `INFO` and above are considered. The subscriber must have the layer of this instance, as
    /// it has with [`init`](Self::init). The `tracing` span of the request has the same fields and target as the one
    /// of `tracing_span(true)`, is visible to all layers of the subscriber, and is not exported, since the request
    /// has a span already. It adds the cost of a `tracing` span to each request: prefer `context::record`, which
    /// doesn't.
    ///
    /// At most 16 names of at most 64 bytes; more, and names that requests have already, such as `endpoint`, are an
    /// error at the start.
    ///
    /// ```
    /// use obs_core::Obs;
    ///
    /// let builder = Obs::builder("payment-service").request_fields(["user_id", "tenant"]);
    /// # drop(builder);
    /// ```
    pub fn request_fields<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.request_fields.extend(names.into_iter().map(Into::into));
        self
    }

    /// The longest text of an attribute of a span, its events and links, and of a log record that is exported, in
    /// bytes: a path, a query, a header, a field, the message of an exception. The texts of a list have this length
    /// together. Longer texts are cut between characters, and the span then has `obs.truncated = true`, the record
    /// `truncated = true`. Defaults to `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` or
    /// `OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT`, else `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`, else 4 096 on spans
    /// and 65 536 in records, which have no more together.
    pub fn attribute_value_length_limit(mut self, bytes: usize) -> Self {
        self.value_limit = Some(bytes);
        self
    }

    /// A format of trace headers beside that of W3C: B3, Jaeger, X-Ray. It reads the headers of requests without a
    /// valid `traceparent`, and clients of obs send its headers too; if `OTEL_PROPAGATORS` lists formats without
    /// `tracecontext`, they send its headers only. [`init`](Self::init) adds it to OpenTelemetry's global propagator,
    /// which other instrumentation uses. Its crate must be built against the version of
    /// [`otel::opentelemetry`](crate::otel::opentelemetry). Defaults to none.
    pub fn propagator(mut self, propagator: impl TextMapPropagator + Send + Sync + 'static) -> Self {
        self.propagator = Some(Arc::new(propagator));
        self
    }
}
