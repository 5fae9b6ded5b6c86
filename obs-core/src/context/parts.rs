//! What a context is made of.

use super::{InstanceRef, Propagators, RequestId, SpanId, TraceFlags, TraceId};
use crate::recorder::{Entry, EntryRef};

/// What a context is made of; fixed for its life.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) request_id: RequestId,
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) flags: TraceFlags,
    /// The caller's `tracestate`, checked, to be sent on.
    pub(crate) tracestate: Option<Box<str>>,
    /// The caller's `baggage`, checked, to be sent on.
    pub(crate) baggage: Option<Box<str>>,
    /// The OpenTelemetry context with the request's span, or with its ids alone where it is left out;
    /// none for a job, and where nothing makes spans.
    pub(crate) otel: Option<opentelemetry::Context>,
    /// What is attached where there is neither: the caller's baggage, or the [producers](super::ProducerLinks) of a job.
    pub(crate) otel_baggage: Option<opentelemetry::Context>,
    /// The instance that the request or job belongs to; none for a job of the process-wide default before `init`.
    pub(crate) instance: Option<InstanceRef>,
    /// Whether the instance records the spans of the request or job.
    pub(crate) records_spans: bool,
    /// The entry in the flight recorder of the instance.
    pub(crate) entry: Option<EntryRef>,
}

// === impl Parts ===

impl Parts {
    /// Drops all but the ids, which have at most 128 bytes on the heap.
    pub(super) fn clear(&mut self) {
        let Self {
            request_id: _,
            trace_id: _,
            span_id: _,
            flags: _,
            tracestate,
            baggage,
            otel,
            otel_baggage,
            instance,
            records_spans: _,
            entry,
        } = self;
        *tracestate = None;
        *baggage = None;
        *otel = None;
        *otel_baggage = None;
        *instance = None;
        *entry = None;
    }

    /// The OpenTelemetry context with the request's span, if that is recorded.
    #[inline]
    pub(crate) fn recorded(&self) -> Option<&opentelemetry::Context> {
        self.otel.as_ref().filter(|_| self.records_spans)
    }

    /// The instance that records the spans of the request or job; none if they are not recorded.
    pub(crate) fn recorder(&self) -> Option<&InstanceRef> {
        self.instance.as_ref().filter(|_| self.records_spans)
    }

    /// The entry in the flight recorder, if there is one.
    #[inline]
    pub(crate) fn entry(&self) -> Option<&Entry> {
        self.entry.as_ref()?.get()
    }

    /// The id of the instance, unique in the process.
    pub(crate) fn instance_id(&self) -> u64 {
        self.instance.as_ref().map_or(0, |instance| instance.id())
    }

    /// In which headers the trace is sent on.
    pub(crate) fn propagators(&self) -> &Propagators {
        self.instance
            .as_ref()
            .map_or(&Propagators::W3C, |instance| instance.propagators())
    }

    /// The OpenTelemetry context to make current while the request or job is worked on.
    #[inline]
    pub(crate) fn to_attach(&self) -> Option<&opentelemetry::Context> {
        self.otel.as_ref().or(self.otel_baggage.as_ref())
    }
}
