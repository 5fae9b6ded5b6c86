//! Reading the headers of a message or a request.

use crate::{
    context::{self, InstanceRef},
    headers::{self, Extracted, HeaderReader},
};

/// Reads `traceparent`, `tracestate` and `baggage`, as far as `OTEL_PROPAGATORS` lists them, and the headers of
/// [`ObsBuilder::propagator`](crate::ObsBuilder::propagator) if there is no valid `traceparent`.
///
/// The settings are those of the instance of the current request or job; outside of these of the thread
/// ([`Obs::make_thread_default`](crate::Obs::make_thread_default)), else of the process-wide default. Use
/// [`Obs::extract`](crate::Obs::extract) for another instance.
///
/// ```
/// use obs_core::{propagation, request::HeaderReader};
///
/// let headers: [(&str, &[u8]); 2] = [
///     ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
///     ("tracestate", b"congo=t61rcWkgMzE"),
/// ];
/// let extracted = propagation::extract(&headers[..] as &[_]);
/// assert_eq!(extracted.parent.unwrap().span_id.to_string(), "b7ad6b7169203331");
/// assert_eq!(extracted.tracestate.as_deref(), Some("congo=t61rcWkgMzE"));
/// ```
#[must_use]
pub fn extract(headers: &(impl HeaderReader + ?Sized)) -> Extracted {
    extract_for(context::owner().as_ref(), headers)
}

/// [`extract`] with the settings of an instance; those of the standard without one.
pub(crate) fn extract_for(instance: Option<&InstanceRef>, headers: &(impl HeaderReader + ?Sized)) -> Extracted {
    let mut extracted = headers::extract(headers);
    if let Some(instance) = instance {
        instance.propagators().filter(&mut extracted, &headers);
    }
    extracted
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::{
        Context,
        baggage::BaggageExt as _,
        propagation::{Extractor, Injector, TextMapPropagator, text_map_propagator::FieldIter},
        trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
    };

    use super::*;
    use crate::{
        Obs,
        context::{RequestContext, otel, run_in, run_new},
        propagation,
    };

    const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";

    /// The single header of B3, `TRACE-SPAN-SAMPLED`.
    #[derive(Debug)]
    struct B3;

    impl TextMapPropagator for B3 {
        fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
            let span = context.span();
            let ids = span.span_context();
            let sampled = u8::from(ids.is_sampled());
            injector.set("b3", format!("{}-{}-{sampled}", ids.trace_id(), ids.span_id()));
        }

        fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
            let read = || {
                let mut parts = extractor.get("b3")?.split('-');
                let trace_id = TraceId::from_hex(parts.next()?).ok()?;
                let span_id = SpanId::from_hex(parts.next()?).ok()?;
                let flags = TraceFlags::default().with_sampled(parts.next() == Some("1"));
                Some(SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE))
            };
            read().map_or_else(|| context.clone(), |ids| context.with_remote_span_context(ids))
        }

        fn fields(&self) -> FieldIter<'_> {
            FieldIter::new(&[])
        }
    }

    fn instance() -> Obs {
        let builder = Obs::builder("test").log_writer(std::io::sink()).propagator(B3);
        builder.build().unwrap()
    }

    fn message() -> HashMap<&'static str, String> {
        let mut headers = HashMap::from([("B3", format!("{TRACE}-e457b5a2e4d86bd1-1"))]);
        headers.insert("baggage", "tenant=7,tier=gold".to_owned());
        headers
    }

    #[test]
    fn a_message_is_continued_in_the_format_of_the_instance() {
        let obs = instance();
        assert_eq!(extract(&message()).parent, None, "there is no instance");
        let producer = obs.extract(&message());
        let context = obs.continue_context(&producer);
        assert_eq!(context.trace_id().to_string(), TRACE);
        assert_eq!(context.baggage_value("tier").as_deref(), Some("gold"));
        let mut sent = HashMap::new();
        run_in(context.clone(), || {
            propagation::inject(&mut |name, value| drop(sent.insert(name, value.to_owned())));
            // In a job of the instance it is the one that is asked.
            assert_eq!(extract(&message()), producer);
        });
        assert!(sent["traceparent"].contains(TRACE), "{sent:?}");
        let links = obs.linked_context([&producer]);
        assert_ne!(links.trace_id(), context.trace_id());
    }

    #[test]
    fn the_formats_of_a_thread_are_those_of_its_instance() {
        std::thread::spawn(|| {
            instance().make_thread_default();
            let context = RequestContext::continue_from(&extract(&message()));
            assert_eq!(context.trace_id().to_string(), TRACE);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn baggage_of_a_message_is_in_the_context_of_opentelemetry() {
        let tenant = || otel::map_current(|current| current.baggage().get("tenant").map(ToString::to_string)).flatten();
        for (header, expected) in [("traceparent", TRACE), ("x-other", "")] {
            let mut headers = message();
            headers.remove("B3");
            headers.insert(header, format!("00-{TRACE}-e457b5a2e4d86bd1-01"));
            let producer = extract(&headers);
            assert_eq!(producer.parent.is_some(), !expected.is_empty());
            let context = RequestContext::continue_from(&producer);
            assert_eq!(run_in(context, tenant).as_deref(), Some("7"), "{header}");
        }
        assert_eq!(run_new(tenant), None);
    }
}
