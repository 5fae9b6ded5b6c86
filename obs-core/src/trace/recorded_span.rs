//! Spans that are in the flight recorder alone: those of requests that are not sampled.

use std::{
    borrow::Cow,
    fmt,
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
    attributes: Vec<u8>,
    left_out: u32,
}

/// A span that has begun. Its end is reported by [`end`](Self::end).
pub(super) struct RunningSpan {
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
            attributes: Vec::new(),
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
        if !push_attribute(&mut self.attributes, &attribute) {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// Begins it; `None` if there is no room for it.
    pub(super) fn start(self) -> Option<RunningSpan> {
        let Self {
            entry,
            instance,
            request,
            parent,
            name,
            kind,
            attributes,
            left_out,
        } = self;
        let id = SpanId::random();
        let span = NewSpan {
            id,
            parent: Some(parent),
            name,
            kind,
            started: Moment::now(),
            attributes,
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
    /// Makes it the active one until the guard is dropped.
    pub(super) fn activate(&self) -> Activated {
        self.active.activate()
    }

    pub(super) fn set_status(&self, status: SpanStatus) {
        self.status.store(status.number(), Relaxed);
    }

    pub(super) fn set_attribute(&self, mut attribute: KeyValue) {
        clean(&self.instance, &mut attribute);
        self.entry.set_span_attribute(self.id, &attribute);
    }

    pub(super) fn fail(&self, error_type: &'static str, message: String) {
        self.set_status(SpanStatus::Error);
        self.set_attribute(KeyValue::new(attribute::ERROR_TYPE, error_type));
        self.set_attribute(KeyValue::new(attribute::EXCEPTION_MESSAGE, message));
    }

    /// Ends it; a second call does nothing.
    pub(super) fn end(&self) {
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
