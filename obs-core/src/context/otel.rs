//! OpenTelemetry's current context, also on a thread that is ending; conversions to OpenTelemetry's ids and flags.
//!
//! OpenTelemetry stores its current context in a thread-local without a check whether that still exists: access from
//! the destructor of another thread-local panics after its destruction, and a panic in a destructor aborts the
//! process. So there is a second thread-local of our own, registered right after it. Thread-locals are destroyed in
//! the reverse order of their registration: as long as ours exists, so does OpenTelemetry's.

use std::panic::catch_unwind;

use opentelemetry::{
    Context, ContextGuard, StringValue,
    baggage::{Baggage, BaggageMetadata},
    trace::{SpanContext, SpanId as OtelSpanId, TraceFlags as OtelTraceFlags, TraceId as OtelTraceId},
};

use super::{RequestContext, SpanId, TraceFlags, TraceId};
use crate::headers::{TraceParent, baggage_members};

/// Start of the targets of OpenTelemetry's own crates.
pub(crate) const TARGETS: &str = "opentelemetry";

/// A thread-local that is destroyed before OpenTelemetry's.
struct Sentinel {
    /// False if OpenTelemetry's was destroyed before this one was created.
    came_in_time: bool,
}

thread_local! {
    static SENTINEL: Sentinel = Sentinel::new();
}

/// Keeps a context attached until it is dropped.
#[must_use = "the context is attached only while the guard lives"]
#[derive(Debug)]
pub(crate) struct Attached(Option<ContextGuard>);

/// Whether OpenTelemetry's current context can be accessed on this thread.
#[inline]
pub(crate) fn is_alive() -> bool {
    SENTINEL.try_with(|sentinel| sentinel.came_in_time).unwrap_or(false)
}

/// Runs `read` on OpenTelemetry's current context; `None` on a thread where it is destroyed. `read` must not attach
/// another one.
#[inline]
pub(crate) fn map_current<R>(read: impl FnOnce(&Context) -> R) -> Option<R> {
    is_alive().then(|| Context::map_current(read))
}

/// OpenTelemetry's current context; an empty one on a thread where it is destroyed.
pub(crate) fn current() -> Context {
    map_current(Context::clone).unwrap_or_default()
}

/// Makes `context` OpenTelemetry's current one. Has no effect on a thread whose thread-local is destroyed.
#[inline]
pub(crate) fn attach(context: Context) -> Attached {
    Attached(is_alive().then(|| context.attach()))
}

/// The span context of the request's own span.
pub(crate) fn span_context(request: &RequestContext) -> SpanContext {
    let span = TraceParent {
        trace_id: request.trace_id(),
        span_id: request.span_id(),
        flags: request.trace_flags(),
    };
    remote_span(&span, request.parts().tracestate.as_deref())
}

/// The span of a caller or of a message's producer, as a parent or a link of spans here.
///
/// The SDK reads level 1 of the standard only. A `tracestate` that it can't read is left out here; outgoing requests
/// still have it, since their headers are made from the request's context.
pub(crate) fn remote_span(span: &TraceParent, tracestate: Option<&str>) -> SpanContext {
    SpanContext::new(
        otel_trace_id(span.trace_id),
        otel_span_id(span.span_id),
        otel_flags(span.flags),
        true,
        tracestate.and_then(|state| state.parse().ok()).unwrap_or_default(),
    )
}

/// The entries of a checked header as OpenTelemetry has them; it takes 64 at most.
pub(crate) fn baggage(header: &str) -> Baggage {
    let mut baggage = Baggage::new();
    for member in baggage_members(header) {
        let value = StringValue::from(member.value.into_owned());
        let _ = baggage.insert_with_metadata(member.key.to_owned(), value, BaggageMetadata::from(member.properties));
    }
    baggage
}

/// The id as OpenTelemetry has it.
pub(crate) fn otel_trace_id(id: TraceId) -> OtelTraceId {
    OtelTraceId::from(id.get())
}

/// The id as OpenTelemetry has it.
pub(crate) fn otel_span_id(id: SpanId) -> OtelSpanId {
    OtelSpanId::from(id.get())
}

/// The flags as OpenTelemetry has them.
pub(crate) fn otel_flags(flags: TraceFlags) -> OtelTraceFlags {
    OtelTraceFlags::new(flags.bits())
}

/// The id as obs has it; none for the invalid id of zeros.
pub(crate) fn trace_id(id: OtelTraceId) -> Option<TraceId> {
    TraceId::new(u128::from_be_bytes(id.to_bytes()))
}

/// The id as obs has it; none for the invalid id of zeros.
pub(crate) fn span_id(id: OtelSpanId) -> Option<SpanId> {
    SpanId::new(u64::from_be_bytes(id.to_bytes()))
}

/// The flags as obs has them.
pub(crate) fn from_otel_flags(flags: OtelTraceFlags) -> TraceFlags {
    TraceFlags::from_bits(flags.to_u8())
}

// === impl Sentinel ===

impl Sentinel {
    fn new() -> Self {
        // Creates OpenTelemetry's thread-local, if it does not exist yet. If only other code has used it on this
        // thread, and it is destroyed already, this panics: there is no other way to detect that.
        Self {
            came_in_time: catch_unwind(|| Context::map_current(|_| ())).is_ok(),
        }
    }
}

impl Drop for Sentinel {
    /// Empty: the thread-local needs a destructor, so that its destruction can be detected.
    fn drop(&mut self) {}
}

// === impl Attached ===

impl Drop for Attached {
    #[inline]
    fn drop(&mut self) {
        if let Some(guard) = self.0.take() {
            detach(guard);
        }
    }
}

// Apart, so that the end of a poll without such a context is short.
#[inline(never)]
#[expect(clippy::mem_forget, reason = "to detach from a destroyed context would panic")]
fn detach(guard: ContextGuard) {
    if !is_alive() {
        std::mem::forget(guard);
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, sync::mpsc, thread};

    use opentelemetry::trace::TraceContextExt as _;

    use super::*;

    /// Calls what it holds when its thread ends.
    struct AtEnd(RefCell<Option<Box<dyn FnOnce()>>>);

    impl Drop for AtEnd {
        fn drop(&mut self) {
            if let Some(call) = self.0.take() {
                call();
            }
        }
    }

    thread_local! {
        static AT_END: AtEnd = const { AtEnd(RefCell::new(None)) };
    }

    #[test]
    fn on_a_thread_that_ends_the_context_is_empty_and_nothing_panics() {
        let (told, heard) = mpsc::channel();
        let thread = thread::spawn(move || {
            // Registered first, so destroyed last.
            AT_END.with(|end| {
                *end.0.borrow_mut() = Some(Box::new(move || {
                    let attached = attach(Context::new());
                    told.send((map_current(|_| ()), current().has_active_span())).unwrap();
                    drop(attached);
                }));
            });
            assert_eq!(map_current(|_| ()), Some(()));
        });
        thread.join().unwrap();
        assert_eq!(heard.recv().unwrap(), (None, false));
    }
}
