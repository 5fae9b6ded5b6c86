//! Spans of OpenTelemetry in the flight recorder, beside their export.

use std::{borrow::Cow, cell::Cell, sync::Arc};

use opentelemetry::{
    Context, KeyValue,
    trace::{Span as _, SpanBuilder, SpanId as OtelSpanId, SpanKind, Status, TraceContextExt as _},
};
use opentelemetry_sdk::trace::{Span as SdkSpan, SpanData};

use crate::{
    clock::{Moment, since_epoch},
    context::{self, otel},
    names::attribute,
    recorder::{self, EndedSpan, Entry, NewSpan, SpanStatus, push_attribute},
};

thread_local! {
    /// The entry of the span that is ending on this thread.
    static ENDING: Cell<Option<Arc<Entry>>> = const { Cell::new(None) };
}

/// Copies what the entry of the current request or job has of a span, before that is built; `None` without an entry.
pub(super) fn copied(builder: &SpanBuilder) -> Option<(Cow<'static, str>, Option<SpanKind>)> {
    let has_entry = context::with_current(|request| request.parts().entry().is_some());
    has_entry?.then(|| (builder.name.clone(), builder.span_kind.clone()))
}

/// Begins a span of OpenTelemetry in the entry of the current request or job, if it belongs to that.
pub(super) fn begin(
    span: &SdkSpan,
    (name, kind): (Cow<'static, str>, Option<SpanKind>),
    parent: &Context,
) -> Option<Arc<Entry>> {
    let ids = span.span_context();
    if !span.is_recording() {
        return None;
    }
    let (trace_id, id) = (otel::trace_id(ids.trace_id())?, otel::span_id(ids.span_id())?);
    let entry = context::with_current(|request| {
        let parts = request.parts();
        // The server span is the request itself.
        let is_child = parts.trace_id == trace_id && parts.span_id != id;
        is_child.then(|| parts.entry.as_ref()?.shared()).flatten()
    });
    let entry = entry.flatten()?;
    let parent = parent.span();
    let span = NewSpan {
        id,
        parent: otel::span_id(parent.span_context().span_id()),
        name,
        kind: recorder::kind_number(&kind.unwrap_or(SpanKind::Internal)),
        started: Moment::now(),
        attributes: &[],
        left_out: 0,
    };
    entry.begin_span(span).then_some(entry)
}

/// Ends a span of OpenTelemetry by `end`, within which [`take`] gets what it had.
pub(super) fn end_in(entry: Option<Arc<Entry>>, id: OtelSpanId, end: impl FnOnce()) {
    let Some(entry) = entry else { return end() };
    let _ = ENDING.try_with(|ending| ending.set(Some(entry)));
    end();
    // A provider of the application doesn't show what its spans had.
    if let Ok(Some(entry)) = ENDING.try_with(Cell::take)
        && let Some(id) = otel::span_id(id)
    {
        entry.end_span(id, SpanStatus::Unset);
    }
}

/// Completes the span that ends on this thread in its entry.
pub(super) fn take(span: &SpanData) {
    let Ok(Some(entry)) = ENDING.try_with(Cell::take) else {
        return;
    };
    let Some(span_id) = otel::span_id(span.span_context.span_id()) else {
        return;
    };
    let (mut attributes, mut left_out) = (Vec::new(), span.dropped_attributes_count);
    for attribute in &span.attributes {
        left_out += u32::from(!push_attribute(&mut attributes, attribute));
    }
    let status = match &span.status {
        Status::Unset => SpanStatus::Unset,
        Status::Ok => SpanStatus::Ok,
        Status::Error { description } => {
            let message = KeyValue::new(attribute::EXCEPTION_MESSAGE, description.to_string());
            push_attribute(&mut attributes, &message);
            SpanStatus::Error
        }
    };
    entry.replace_span(&EndedSpan {
        span_id,
        parent_id: otel::span_id(span.parent_span_id),
        name: &span.name,
        kind: recorder::kind_number(&span.span_kind),
        started: since_epoch(span.start_time),
        duration: since_epoch(span.end_time).saturating_sub(since_epoch(span.start_time)),
        status,
        attributes: &attributes,
        left_out,
    });
}
