//! Child spans of an unsampled request that is exported all the same.

use opentelemetry::{
    InstrumentationScope, KeyValue,
    trace::{SpanContext, Status, TraceState},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::ids;
use crate::{
    context::RequestContext,
    recorder::{self, SpanRecord, SpanStatus},
};

/// A span that was in the flight recorder alone, as it is exported: sampled, with the ids that it has had.
pub(super) fn data_of(request: &RequestContext, span: SpanRecord) -> SpanData {
    let flags = ids::otel_flags(request.trace_flags()).with_sampled(true);
    let attributes = span
        .attributes
        .into_iter()
        .map(|(key, value)| KeyValue::new(key, value.into_attribute()));
    let status = match span.status {
        SpanStatus::Unset => Status::Unset,
        SpanStatus::Ok => Status::Ok,
        SpanStatus::Error => Status::error(""),
    };
    SpanData {
        span_context: SpanContext::new(
            ids::otel_trace_id(request.trace_id()),
            ids::otel_span_id(span.span_id),
            flags,
            false,
            TraceState::default(),
        ),
        parent_span_id: ids::otel_span_id(span.parent_id.unwrap_or_else(|| request.span_id())),
        parent_span_is_remote: false,
        span_kind: recorder::kind_of(span.kind),
        name: span.name.into(),
        start_time: span.started,
        end_time: span.started + span.duration,
        attributes: attributes.collect(),
        dropped_attributes_count: span.left_out,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status,
        instrumentation_scope: InstrumentationScope::default(),
    }
}
