//! The instance of a context: the functions of it that contexts call.

use std::{any::Any, cell::RefCell, fmt, sync::OnceLock};

use metrics::Recorder;

use super::{Propagators, RequestId, SpanId, TraceFlags, TraceId};
use crate::{
    arc_or_static::ArcOrStatic,
    recorder::{Entry, EntryRef, FlightRecorder},
    redact::Redactor,
};

/// The functions of an instance that a context calls; its traces implement them.
pub(crate) trait Instance: Any + fmt::Debug + Send + Sync {
    /// The id of the instance, unique in the process; 0 for the process-wide default before `init`.
    fn id(&self) -> u64;

    /// Whether a trace that starts here, outside a request, is recorded.
    fn samples_root(&self, trace_id: TraceId) -> bool;

    /// Whether the part of a trace that starts here is recorded, for a trace that came with these flags.
    fn samples_child(&self, parent: TraceFlags, trace_id: TraceId) -> bool;

    /// The formats of trace headers that are read and sent.
    fn propagators(&self) -> &Propagators;

    /// The recorder of the instance's metrics of the `metrics` facade.
    fn recorder(&self) -> &dyn Recorder;

    /// What redacts the secrets in texts.
    fn redactor(&self) -> &Redactor;

    /// Where the requests and jobs of the instance are recorded.
    fn flight_recorder(&self) -> &FlightRecorder;
}

/// A handle to an instance, which contexts hold.
pub(crate) type InstanceRef = ArcOrStatic<dyn Instance>;

thread_local! {
    static OF_THREAD: RefCell<Option<InstanceRef>> = const { RefCell::new(None) };
}

/// The instance of contexts that start outside a request; none before `init`.
static DEFAULT: OnceLock<InstanceRef> = OnceLock::new();

/// Makes `instance` the one of contexts that start outside a request, until the process ends.
pub(crate) fn set_default_instance(instance: InstanceRef) {
    let _ = DEFAULT.set(instance);
}

/// The instance of contexts that start outside a request; none before `init`.
fn default_instance() -> Option<InstanceRef> {
    DEFAULT.get().cloned()
}

/// Makes `instance` the one of events, spans and metrics on this thread outside of requests, until the thread ends.
pub(crate) fn set_thread_default(instance: InstanceRef) {
    let before = OF_THREAD.try_with(|of_thread| of_thread.replace(Some(instance)));
    // Outside of the thread's state: this may be the last handle to an instance.
    drop(before);
}

pub(super) fn of_thread() -> Option<InstanceRef> {
    OF_THREAD
        .try_with(|of_thread| of_thread.try_borrow().ok().and_then(|instance| instance.clone()))
        .ok()
        .flatten()
}

/// The instance of this thread outside of requests and jobs: the one set for the thread, else the process-wide default.
pub(crate) fn outside_instance() -> Option<InstanceRef> {
    of_thread().or_else(default_instance)
}

/// The ids of the instance of the thread and of the process-wide default; 0 for none.
pub(super) fn outside_ids() -> [u64; 2] {
    let of_thread = OF_THREAD.try_with(|of_thread| {
        let of_thread = of_thread.try_borrow().ok();
        of_thread.and_then(|instance| instance.as_ref().map(|instance| instance.id()))
    });
    let default = DEFAULT.get().map(|instance| instance.id());
    [
        of_thread.ok().flatten().unwrap_or_default(),
        default.unwrap_or_default(),
    ]
}

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
