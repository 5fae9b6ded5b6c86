//! OpenTelemetry's own types, for code that works with them directly.
//!
//! obs shows them nowhere else, so that a new version of OpenTelemetry breaks only those who use
//! this module and [`ObsBuilder::tracer_provider`](crate::ObsBuilder::tracer_provider).
//!
//! ```
//! use obs_core::otel::{self, opentelemetry::trace::TraceContextExt};
//!
//! // In a handler: an event on the span that is active there.
//! otel::current_context().span().add_event("cache miss", Vec::new());
//! ```
//!
//! # Versions
//!
//! Each minor version of `opentelemetry` has types and a current context of its own. Code built
//! against another one than obs compiles and runs, and its spans go nowhere: no error can tell,
//! since neither version sees the other. Take the crates from here (`obs_core::otel::opentelemetry`)
//! and it can't happen; where a dependency brings its own, look for two versions in one build:
//!
//! ```text
//! cargo tree --duplicates | grep opentelemetry
//! ```
//!
//! A test of this repository shows both: the silence, and what that command prints. If the other version logs anything,
//! as it does when its global tracer provider is set, a warning names it.
//!
//! `tracing-opentelemetry` belongs to one minor version of `opentelemetry` too (0.34 to 0.33). A layer of it that is
//! given to [`ObsBuilder::layer`](crate::ObsBuilder::layer) is reported at the start, with the reason if it is of
//! another version.
//!
//! # Globals
//!
//! [`ObsBuilder::init`](crate::ObsBuilder::init) and [`Obs::make_default`](crate::Obs::make_default) set
//! OpenTelemetry's global tracer provider and propagator. What libraries do with them belongs to the instance of the
//! request or job in which it happens, outside of these to that of the thread, else to the process-wide default. A
//! provider and a propagator of the application's are given to
//! [`ObsBuilder::tracer_provider`](crate::ObsBuilder::tracer_provider) and
//! [`ObsBuilder::propagator`](crate::ObsBuilder::propagator). Where they were set as globals, a notice says what
//! becomes of them: those that were set before are replaced, those that are set later are not those of obs. An
//! instance that exports no spans leaves another global provider in its place.
//!
//! # Other formats of trace headers
//!
//! obs reads and writes `traceparent`, `tracestate` and `baggage`, as far as `OTEL_PROPAGATORS` lists
//! them. B3, Jaeger's or X-Ray's headers are read and sent with the propagator of their format:
//! [`ObsBuilder::propagator`](crate::ObsBuilder::propagator). Where no client of obs is in between,
//! hand the current context to the propagator yourself:
//!
//! ```
//! use obs_core::otel::{self, opentelemetry::propagation::TextMapPropagator};
//!
//! # use obs_core::otel::opentelemetry_sdk::propagation::TraceContextPropagator as OtherPropagator;
//! let mut headers = std::collections::HashMap::new();
//! OtherPropagator::new().inject_context(&otel::current_context(), &mut headers);
//! ```

pub use opentelemetry;
pub use opentelemetry_sdk;

pub use crate::trace::SpanReader;

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceId},
};
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::{
    context::{self, RequestContext, otel},
    trace::Tracing,
};

/// OpenTelemetry's current context, with the innermost active span in it.
///
/// Where no span is active, it still has the ids of the current request, as a remote span
/// context: a span started from it continues the request's trace.
#[must_use]
pub fn current_context() -> Context {
    let current = otel::current();
    if current.has_active_span() {
        return current;
    }
    let request = context::with_current(|request| {
        let own = request.parts().otel.clone();
        own.unwrap_or_else(|| current.with_remote_span_context(otel::span_context(request)))
    });
    request.unwrap_or(current)
}

/// The provider that the spans of the current request go to; outside a request, of the process-wide
/// default. None if spans go nowhere.
#[must_use]
pub fn tracer_provider() -> Option<SdkTracerProvider> {
    let of_request = context::with_current(|request| request.parts().recorder().cloned()).flatten();
    Tracing::of(&of_request.or_else(context::outside_instance)?)?
        .provider()
        .cloned()
}

/// The request's ids and flags as OpenTelemetry has them, for links and propagators.
#[must_use]
pub fn span_context(request: &RequestContext) -> SpanContext {
    otel::span_context(request)
}

/// The id as OpenTelemetry has it.
///
/// ```
/// use obs_core::{context::TraceId, otel};
///
/// let id = TraceId::random();
/// assert_eq!(otel::trace_id(id).to_string(), id.to_string());
/// ```
#[must_use]
pub fn trace_id(id: context::TraceId) -> TraceId {
    otel::otel_trace_id(id)
}

/// The id as OpenTelemetry has it.
#[must_use]
pub fn span_id(id: context::SpanId) -> SpanId {
    otel::otel_span_id(id)
}

/// The id as obs has it; none for the invalid id of zeros.
#[must_use]
pub fn from_trace_id(id: TraceId) -> Option<context::TraceId> {
    otel::trace_id(id)
}

/// The id as obs has it; none for the invalid id of zeros.
#[must_use]
pub fn from_span_id(id: SpanId) -> Option<context::SpanId> {
    otel::span_id(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{RequestContext, run_in};

    #[test]
    fn ids_keep_their_value() {
        let (trace, span) = (context::TraceId::random(), context::SpanId::random());
        assert_eq!(from_trace_id(trace_id(trace)), Some(trace));
        assert_eq!(from_span_id(span_id(span)), Some(span));
        assert_eq!(
            (from_trace_id(TraceId::INVALID), from_span_id(SpanId::INVALID)),
            (None, None)
        );
    }

    #[test]
    fn without_an_active_span_the_context_carries_the_requests_ids() {
        let request = RequestContext::start();
        let current = run_in(request.clone(), current_context);
        let (span, expected) = (current.span(), span_context(&request));
        assert_eq!(span.span_context(), &expected);
        assert_eq!(from_trace_id(expected.trace_id()), Some(request.trace_id()));
        assert_eq!(expected.is_sampled(), request.is_sampled());
    }

    #[test]
    fn outside_a_request_there_is_nothing() {
        assert!(!current_context().has_active_span());
        assert!(tracer_provider().is_none());
    }
}
