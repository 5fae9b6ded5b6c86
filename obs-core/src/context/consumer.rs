//! Contexts for messages: in the trace of their producer, or linked to it.

use std::future::Future;

use opentelemetry::{
    Context as OtelContext,
    baggage::BaggageExt as _,
    trace::{SpanContext, TraceContextExt as _},
};

use super::{InstanceRef, Parts, RequestContext, Scoped, otel, outside_instance, run_in, scope};
use crate::headers::{Extracted, TraceParent};

/// The largest number of producers that a job is linked to: the default limit of links of a span.
const MAX_LINKS: usize = 128;

/// The producers of the messages that a job handles, to which its first span is linked. Stored in OpenTelemetry's
/// context.
#[derive(Clone, Debug)]
pub(crate) struct ProducerLinks(pub(crate) Vec<SpanContext>);

/// Runs `future` in a context that continues the trace of `producer`, see [`RequestContext::continue_from`].
pub fn in_continued<F: Future>(producer: &Extracted, future: F) -> Scoped<F> {
    scope(RequestContext::continue_from(producer), future)
}

/// Runs `work` in a context that continues the trace of `producer`, see [`RequestContext::continue_from`]; the blocking
/// form of [`in_continued`].
pub fn run_continued<R>(producer: &Extracted, work: impl FnOnce() -> R) -> R {
    run_in(RequestContext::continue_from(producer), work)
}

// === impl RequestContext ===

impl RequestContext {
    /// A context for a message from a queue, which continues the trace of its producer: the first span in it is a child
    /// of the producer's. The `tracestate` and the `baggage` of the message are sent on. Without trace context in the
    /// message it is as that of [`start`](Self::start), with the `baggage`.
    ///
    /// `producer` is what [`propagation::extract`](crate::propagation::extract) finds in the headers of the message,
    /// any map of names and values: those of W3C and of [`ObsBuilder::propagator`](crate::ObsBuilder::propagator).
    /// Whether the producer has sampled the trace decides on its spans here, unless the sampler says otherwise. A
    /// message of a producer that is not trusted, or one of a batch, is better [linked](Self::linked_to).
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use obs_core::{context, propagation, trace};
    ///
    /// // The producer, in a request or a job:
    /// let mut headers = HashMap::new();
    /// let sent = context::run_new(|| {
    ///     propagation::inject(&mut |name, value| drop(headers.insert(name.to_owned(), value.to_owned())));
    ///     context::current().unwrap().trace_id()
    /// });
    ///
    /// // The consumer, for each message; async code calls `context::in_continued` and `run`.
    /// let producer = propagation::extract(&headers);
    /// context::run_continued(&producer, || {
    ///     trace::process_span("kafka", "orders").run_blocking(|| {
    ///         context::set_field("order_id", 7);
    ///         tracing::info!("order placed"); // has the trace id of the producer
    ///     });
    ///     assert_eq!(context::current().unwrap().trace_id(), sent);
    /// });
    /// ```
    #[must_use]
    pub fn continue_from(producer: &Extracted) -> Self {
        Self::continue_in(outside_instance(), producer)
    }

    /// A context for messages from a queue, in a new trace whose first span is linked to those of the producers: for a
    /// batch, which has several, and for producers that are not trusted. Nothing else of the messages is taken over. At
    /// most 128 producers are linked.
    ///
    /// ```
    /// use obs_core::{
    ///     context::{self, RequestContext},
    ///     propagation, trace,
    /// };
    ///
    /// let messages = [
    ///     vec![("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")],
    ///     vec![("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")],
    /// ];
    /// let producers = messages.each_ref().map(propagation::extract);
    /// context::run_in(RequestContext::linked_to(&producers), || {
    ///     trace::process_span("kafka", "orders").run_blocking(|| tracing::info!("two orders placed"));
    /// });
    /// ```
    #[must_use]
    pub fn linked_to<'a>(producers: impl IntoIterator<Item = &'a Extracted>) -> Self {
        Self::linked_in(outside_instance(), producers)
    }

    pub(crate) fn continue_in(instance: Option<InstanceRef>, producer: &Extracted) -> Self {
        let Extracted {
            parent,
            tracestate,
            baggage,
        } = producer.clone();
        let mut parts = Self::new_parts(instance);
        // For libraries that send OpenTelemetry's baggage on.
        let otel_baggage = baggage
            .as_deref()
            .map(|header| OtelContext::new().with_baggage(otel::baggage(header)));
        parts.baggage = baggage;
        if let Some(parent) = parent {
            let sampled = parts.instance.as_ref().map_or(parent.flags.is_sampled(), |instance| {
                instance.samples_child(parent.flags, parent.trace_id)
            });
            let flags = parent.flags.with_sampled(sampled);
            let span = otel::remote_span(&TraceParent { flags, ..parent }, tracestate.as_deref());
            parts = Parts {
                trace_id: parent.trace_id,
                flags,
                tracestate,
                otel: Some(otel_baggage.unwrap_or_default().with_remote_span_context(span)),
                records_spans: sampled,
                ..parts
            };
        } else {
            parts.otel_baggage = otel_baggage;
        }
        Self::of_job(parts)
    }

    pub(crate) fn linked_in<'a>(
        instance: Option<InstanceRef>,
        producers: impl IntoIterator<Item = &'a Extracted>,
    ) -> Self {
        let span = |producer: &Extracted| {
            let parent = producer.parent?;
            Some(otel::remote_span(&parent, producer.tracestate.as_deref()))
        };
        let links: Vec<_> = producers.into_iter().filter_map(span).take(MAX_LINKS).collect();
        let mut parts = Self::new_parts(instance);
        if !links.is_empty() {
            parts.otel_baggage = Some(OtelContext::new().with_value(ProducerLinks(links)));
        }
        Self::of_job(parts)
    }
}
