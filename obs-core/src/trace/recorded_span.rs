//! Spans that are in the flight recorder alone: those of requests that are not sampled.

use std::{
    borrow::Cow,
    cell::Cell,
    fmt, mem,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};

use opentelemetry::{KeyValue, trace::SpanKind};

use super::handle::Tracing;
use crate::{
    clock::Moment,
    context::{InstanceRef, RequestContext, SpanId},
    names::attribute,
    recorder::{self, Activated, ActiveSpan, Entry, NewSpan, SpanStatus, push_attribute},
};

/// A buffer for the attributes of a span that has not begun, which the next one of the thread uses again.
#[derive(Default)]
struct Scratch(Vec<u8>);

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A span that has not begun.
pub(super) struct RecordedSpan {
    entry: Arc<Entry>,
    instance: InstanceRef,
    /// The id of the request's own span.
    request: SpanId,
    /// The span that is its parent.
    parent: SpanId,
    name: Cow<'static, str>,
    kind: u8,
    attributes: Scratch,
    left_out: u32,
}

/// A span that has begun. Its end is reported by [`end`](Self::end).
pub(crate) struct RunningSpan {
    entry: Arc<Entry>,
    instance: InstanceRef,
    active: ActiveSpan,
    id: SpanId,
    /// By the number of its [status](SpanStatus).
    status: AtomicU8,
}

/// The attribute without secrets, and cut.
fn clean(instance: &InstanceRef, attribute: &mut KeyValue) {
    if let Some(tracing) = Tracing::of(instance) {
        tracing.rules().clean_attribute(attribute, false);
    }
}

// === impl Scratch ===

impl Scratch {
    fn get(&mut self) -> &mut Vec<u8> {
        if self.0.capacity() == 0 {
            self.0 = SCRATCH.try_with(Cell::take).unwrap_or_default();
        }
        &mut self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.0.capacity() > 0 {
            self.0.clear();
            // Fails on a thread that is ending. Attributes are bounded, and so is what is kept.
            let _ = SCRATCH.try_with(|scratch| scratch.set(mem::take(&mut self.0)));
        }
    }
}

// === impl RecordedSpan ===

impl RecordedSpan {
    /// A span in this request, which is the current one; `None` if it has no entry.
    pub(super) fn in_request(request: &RequestContext) -> Option<Self> {
        let parts = request.parts();
        Some(Self {
            entry: parts.entry.as_ref()?.shared()?,
            instance: parts.instance.clone()?,
            request: parts.span_id,
            parent: ActiveSpan::current().of(parts.span_id).unwrap_or(parts.span_id),
            name: Cow::Borrowed(""),
            kind: recorder::kind_number(&SpanKind::Internal),
            attributes: Scratch::default(),
            left_out: 0,
        })
    }

    pub(super) fn set_name(&mut self, name: impl Into<Cow<'static, str>>) {
        self.name = name.into();
    }

    pub(super) fn set_kind(&mut self, kind: &SpanKind) {
        self.kind = recorder::kind_number(kind);
    }

    pub(super) fn add_attribute(&mut self, mut attribute: KeyValue) {
        clean(&self.instance, &mut attribute);
        self.add_own_attribute(&attribute);
    }

    /// Adds an attribute that holds no secrets.
    fn add_own_attribute(&mut self, attribute: &KeyValue) {
        if !push_attribute(self.attributes.get(), attribute) {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// Begins it; `None` if there is no room for it.
    pub(super) fn start(self) -> Option<RunningSpan> {
        self.start_as(SpanId::random())
    }

    fn start_as(self, id: SpanId) -> Option<RunningSpan> {
        let Self {
            entry,
            instance,
            request,
            parent,
            mut name,
            kind,
            attributes,
            left_out,
        } = self;
        // A static name was written by a programmer, and holds no secret of a request.
        if let (Cow::Owned(_), Some(tracing)) = (&name, Tracing::of(&instance)) {
            tracing.rules().clean_name(&mut name);
        }
        let span = NewSpan {
            id,
            parent: Some(parent),
            name,
            kind,
            started: Moment::now(),
            attributes: &attributes.0,
            left_out,
        };
        entry.begin_span(span).then(|| RunningSpan {
            entry,
            instance,
            active: ActiveSpan::new(request, id),
            id,
            status: AtomicU8::new(0),
        })
    }
}

impl fmt::Debug for RecordedSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedSpan")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

// === impl RunningSpan ===

impl RunningSpan {
    /// Begins the span of an outgoing request, which is made for this request and has this id.
    pub(crate) fn of_call(
        request: &RequestContext,
        id: SpanId,
        name: Cow<'static, str>,
        attributes: Vec<KeyValue>,
    ) -> Option<Self> {
        let mut span = RecordedSpan::in_request(request)?;
        span.set_name(name);
        span.set_kind(&SpanKind::Client);
        for attribute in attributes {
            span.add_own_attribute(&attribute);
        }
        span.start_as(id)
    }

    pub(super) fn active(&self) -> ActiveSpan {
        self.active
    }

    /// Makes it the active one until the guard is dropped.
    pub(crate) fn activate(&self) -> Activated {
        self.active.activate()
    }

    pub(crate) fn set_status(&self, status: SpanStatus) {
        self.status.store(status.number(), Relaxed);
    }

    pub(super) fn set_attribute(&self, mut attribute: KeyValue) {
        clean(&self.instance, &mut attribute);
        self.set_own_attribute(&attribute);
    }

    /// Sets an attribute that holds no secrets.
    pub(crate) fn set_own_attribute(&self, attribute: &KeyValue) {
        self.entry.set_span_attribute(self.id, attribute);
    }

    pub(super) fn fail(&self, error_type: &'static str, message: String) {
        self.set_status(SpanStatus::Error);
        self.set_attribute(KeyValue::new(attribute::ERROR_TYPE, error_type));
        self.set_attribute(KeyValue::new(attribute::EXCEPTION_MESSAGE, message));
    }

    /// Ends it; a second call does nothing.
    pub(crate) fn end(&self) {
        self.entry
            .end_span(self.id, SpanStatus::of_number(self.status.load(Relaxed)));
    }
}

impl fmt::Debug for RunningSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningSpan")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
