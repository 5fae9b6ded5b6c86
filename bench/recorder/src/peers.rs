//! Spans and their events of fastrace, of `tracing` with tracing-opentelemetry, and of OpenTelemetry's API.

use std::time::Duration;

use fastrace::{
    collector::{Config, Reporter, SpanContext, SpanRecord},
    prelude::{Event, LocalSpan, Span},
};
use opentelemetry::{
    Context, KeyValue,
    trace::{Span as _, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanProcessor},
};
use tracing::{Dispatch, debug, dispatcher::with_default, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{Subject, timed};

/// Drops the spans of fastrace.
struct Ignored;

impl Reporter for Ignored {
    fn report(&mut self, _: Vec<SpanRecord>) {}
}

/// Drops those of OpenTelemetry.
#[derive(Debug)]
struct Dropped;

impl SpanProcessor for Dropped {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &Context) {}

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The tracers of OpenTelemetry: one that samples everything, and one that samples nothing.
pub struct Peers {
    sampled: SdkTracer,
    unsampled: SdkTracer,
}

fn tracer(sampler: Sampler) -> SdkTracer {
    SdkTracerProvider::builder()
        .with_sampler(sampler)
        .with_span_processor(Dropped)
        .build()
        .tracer("bench")
}

/// A request of fastrace.
fn fastrace(name: &'static str, step: impl Fn(u32) + Copy + 'static) -> Subject {
    Subject::new(name, move |steps| {
        let root = Span::root("request", SpanContext::random());
        let _local = root.set_local_parent();
        timed(steps, step)
    })
}

/// A request of `tracing`, whose spans are those of this tracer.
fn bridged(name: &'static str, tracer: &SdkTracer, step: impl Fn(u32) + Copy + 'static) -> Subject {
    let layer = tracing_opentelemetry::layer().with_tracer(tracer.clone());
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer));
    Subject::new(name, move |steps| {
        with_default(&dispatch, || info_span!("request").in_scope(|| timed(steps, step)))
    })
}

/// A request of OpenTelemetry.
fn api(name: &'static str, tracer: &SdkTracer, step: impl Fn(&SdkTracer, u32) + Copy + 'static) -> Subject {
    let tracer = tracer.clone();
    Subject::new(name, move |steps| {
        let request = tracer.start("request");
        let _current = Context::current_with_span(request).attach();
        timed(steps, |order| step(&tracer, order))
    })
}

fn tracing_span(order: u32) {
    info_span!("load", order).in_scope(|| ());
}

fn api_span(tracer: &SdkTracer, _: u32) {
    tracer.start("load").end();
}

// === impl Peers ===

impl Peers {
    pub fn start() -> Self {
        fastrace::set_reporter(Ignored, Config::default());
        Self {
            sampled: tracer(Sampler::AlwaysOn),
            unsampled: tracer(Sampler::AlwaysOff),
        }
    }

    pub fn spans(&self) -> Vec<Subject> {
        vec![
            fastrace("fastrace, `LocalSpan`", |_| {
                drop(LocalSpan::enter_with_local_parent("load"))
            }),
            bridged(
                "`tracing` with tracing-opentelemetry, not sampled",
                &self.unsampled,
                tracing_span,
            ),
            bridged(
                "`tracing` with tracing-opentelemetry, sampled",
                &self.sampled,
                tracing_span,
            ),
            api("OpenTelemetry's API, not sampled", &self.unsampled, api_span),
            api("OpenTelemetry's API, sampled", &self.sampled, api_span),
        ]
    }

    pub fn events(&self) -> Vec<Subject> {
        let of_fastrace = |order: u32| {
            let event = Event::new("looking for the order").with_property(|| ("order", order.to_string()));
            LocalSpan::add_event(event);
        };
        let of_api = |_: &SdkTracer, order: u32| {
            let order = KeyValue::new("order", i64::from(order));
            Context::map_current(|current| current.span().add_event("looking for the order", vec![order]));
        };
        let of_tracing = |order| debug!(order, "looking for the order");
        vec![
            fastrace("fastrace, an event", of_fastrace),
            bridged(
                "`tracing` with tracing-opentelemetry, sampled, an event",
                &self.sampled,
                of_tracing,
            ),
            api("OpenTelemetry's API, sampled, an event", &self.sampled, of_api),
        ]
    }
}
