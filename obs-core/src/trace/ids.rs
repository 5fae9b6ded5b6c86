//! Ids on their way into the spans that the SDK makes.

use std::cell::Cell;

use opentelemetry::trace::{SpanId as OtelSpanId, TraceId as OtelTraceId};
use opentelemetry_sdk::trace::IdGenerator;

pub(crate) use crate::context::otel::{
    from_otel_flags, otel_flags, otel_span_id, otel_trace_id, span_context, span_id, trace_id,
};
use crate::context::{self, RequestContext, SpanId, TraceId};

thread_local! {
    /// The ids of the span that is about to be created on this thread. The SDK gets them from its id generator; there
    /// is no other way to pass them.
    static HANDED_OVER: Cell<Option<(TraceId, SpanId)>> = const { Cell::new(None) };
}

/// Gives the spans of our own provider the ids that their request has already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids {
    instance: u64,
}

/// Runs `make` so that the one span it makes gets these ids, and is recorded without a second
/// decision.
pub(super) fn hand_over<R>(trace_id: TraceId, span_id: SpanId, make: impl FnOnce() -> R) -> R {
    struct TakeBack;
    impl Drop for TakeBack {
        fn drop(&mut self) {
            HANDED_OVER.set(None);
        }
    }

    HANDED_OVER.set(Some((trace_id, span_id)));
    let _take_back = TakeBack;
    make()
}

/// Whether the span that is being made was decided on already.
pub(super) fn is_handed_over() -> bool {
    HANDED_OVER.get().is_some()
}

/// Reads the current request, unless it belongs to another instance.
fn with_request<R>(instance: u64, read: impl FnOnce(&RequestContext) -> R) -> Option<R> {
    context::with_current(|request| {
        let is_of_others = request.parts().records_spans && request.parts().instance_id() != instance;
        (!is_of_others).then(|| read(request))
    })
    .flatten()
}

/// Whether the current request is recorded; none outside a request.
pub(super) fn request_decision(instance: u64) -> Option<bool> {
    context::with_current(|request| {
        let is_ours = !request.parts().records_spans || request.parts().instance_id() == instance;
        is_ours && request.is_sampled()
    })
}

// === impl Ids ===

impl Ids {
    pub(super) fn new(instance: u64) -> Self {
        Self { instance }
    }
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> OtelTraceId {
        let handed_over = HANDED_OVER.get().map(|(trace_id, _)| trace_id);
        // A job has a trace id and no span yet: its first span continues its trace.
        let of_job = || {
            with_request(self.instance, |request| {
                request.parts().otel.is_none().then(|| request.trace_id())
            })
            .flatten()
        };
        otel_trace_id(handed_over.or_else(of_job).unwrap_or_else(TraceId::random))
    }

    fn new_span_id(&self) -> OtelSpanId {
        otel_span_id(HANDED_OVER.get().map_or_else(SpanId::random, |(_, span_id)| span_id))
    }
}
