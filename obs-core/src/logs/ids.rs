//! The ids on a line.

use opentelemetry::trace::TraceContextExt as _;

use crate::context::{RequestContext, SpanId, TraceId, otel};

/// What ties a line to a request and a trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids<'a> {
    pub(super) request: Option<&'a [u8]>,
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    /// Whether the trace is sampled.
    pub(super) sampled: bool,
}

/// What is known of a span beside its ids.
#[derive(Clone, Copy, Debug)]
struct Origin {
    is_sampled: bool,
    is_remote: bool,
}

// === impl Ids ===

impl<'a> Ids<'a> {
    /// The ids of a request itself.
    pub(super) fn of_request(context: &'a RequestContext) -> Self {
        Self {
            request: Some(context.parts().request_id.as_bytes()),
            trace: context.trace_id(),
            span: context.span_id(),
            sampled: context.is_sampled(),
        }
    }

    /// The ids of something that happens within a request: of its innermost active span, if it is
    /// sampled.
    pub(super) fn within_request(context: &'a RequestContext, target: &str) -> Self {
        let ids = Self::of_request(context);
        let active = if context.is_sampled() {
            active_span(target)
        } else {
            None
        };
        match active {
            // A job that continues the trace of a producer has the producer's span as a remote one.
            Some((trace, span, Origin { is_remote: false, .. })) if trace == ids.trace => Self { span, ..ids },
            _ => ids,
        }
    }

    /// The ids of something that happens outside of requests, if a span is active.
    pub(super) fn outside_requests(target: &str) -> Option<Self> {
        active_span(target).map(
            |(
                trace,
                span,
                Origin {
                    is_sampled: sampled, ..
                },
            )| Self {
                request: None,
                trace,
                span,
                sampled,
            },
        )
    }
}

/// The ids of the innermost active OpenTelemetry span, and where it comes from.
fn active_span(target: &str) -> Option<(TraceId, SpanId, Origin)> {
    // OpenTelemetry logs misuse while it borrows its current context: an access to that would panic.
    if target.starts_with(otel::TARGETS) {
        return None;
    }
    otel::map_current(|context| {
        if !context.has_active_span() {
            return None;
        }
        let span = context.span();
        let span = span.span_context();
        let trace_id = TraceId::new(u128::from_be_bytes(span.trace_id().to_bytes()))?;
        let span_id = SpanId::new(u64::from_be_bytes(span.span_id().to_bytes()))?;
        let origin = Origin {
            is_sampled: span.is_sampled(),
            is_remote: span.is_remote(),
        };
        Some((trace_id, span_id, origin))
    })
    .flatten()
}
