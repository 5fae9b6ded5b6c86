//! The trace pipeline of one instance.

use std::{
    any::Any,
    borrow::Cow,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use metrics::Recorder;
use obs_base::InitError;
use obs_otlp::check_spans;
use opentelemetry::{Context, KeyValue, trace::SpanRef};
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::{
    blocking,
    config::TracingConfig,
    discarded,
    keep::Keep,
    kept_child,
    limited_span::LimitedTracer,
    limits::Limits,
    pipeline::{Pipeline, SpanReader},
    recording::Recording,
    request_fields::RequestFields,
    request_span,
    rules::Rules,
    sampler::Sampler,
    sampling_boost::SamplingBoosts,
    server_span::{ServerSpan, SpanStart},
    span_filter::SpanFilter,
    span_head::StartAttributes,
    strings::interned,
};
use crate::{
    context::{Instance, InstanceRef, Propagators, RequestContext, TraceFlags, TraceId},
    guard::{Guarded, guarded},
    names::attribute,
    recorder::{FlightRecorder, SpanRecord},
    redact::Redactor,
};

/// A handle to the trace pipeline; clones share it.
#[derive(Clone)]
pub(crate) struct Tracing(Arc<Inner>);

struct Inner {
    /// The id of the pipeline, unique in the process.
    instance: u64,
    sampler: Arc<Sampler>,
    /// Present if there are deferred spans, which need our own provider.
    keep: Option<Keep>,
    propagators: Propagators,
    span_filter: SpanFilter,
    request_fields: Option<RequestFields>,
    rules: Arc<Rules>,
    flight_recorder: FlightRecorder,
    /// The recorder of metrics of the `metrics` facade.
    recorder: Arc<dyn Recorder + Send + Sync>,
    recording: Option<Recording>,
}

fn next_instance() -> u64 {
    static INSTANCES: AtomicU64 = AtomicU64::new(1);
    INSTANCES.fetch_add(1, Ordering::Relaxed)
}

// === impl Tracing ===

impl Tracing {
    /// Checks the settings and starts nothing.
    ///
    /// # Errors
    ///
    /// If a setting is invalid; the error names it.
    pub(crate) fn check(config: &TracingConfig<'_>) -> Result<(), InitError> {
        let env = config.env;
        Sampler::from_settings(config.sample_ratio, &config.sampling, env)?;
        SpanFilter::from_settings(config.span_filter.as_deref(), env)?;
        RequestFields::new(&config.request_fields)?;
        match config.provider {
            Some(_) => Ok(()),
            None => check_spans(config.export_settings(), env),
        }
    }

    /// Checks the settings, and starts the pipeline if there is an endpoint, a provider of the application or a
    /// reader of finished spans.
    pub(crate) fn start(
        config: TracingConfig<'_>,
        readers: Vec<Box<Guarded<dyn SpanReader>>>,
    ) -> Result<Self, InitError> {
        let instance = next_instance();
        let sampler = Arc::new(Sampler::from_settings(
            config.sample_ratio,
            &config.sampling,
            config.env,
        )?);
        let keep = config.keep;
        let span_filter = SpanFilter::from_settings(config.span_filter.as_deref(), config.env)?;
        let request_fields = RequestFields::new(&config.request_fields)?;
        let propagators =
            Propagators::from_settings(config.propagator.clone(), config.env).with_request_id(config.request_id_header);
        let limits = Limits::of_spans(config.value_limit, config.env);
        let redactor = Arc::clone(&config.redactor);
        let flight_recorder = config.flight_recorder.clone();
        let recorder = Arc::clone(&config.recorder);
        let rules = Arc::new(Rules {
            redactor,
            limits,
            is_own: config.provider.is_none(),
        });
        let recording = match config.provider {
            Some(provider) => Some(Recording::of(provider, Arc::clone(&rules))),
            None => Recording::own(&config, Arc::clone(&rules), readers, &sampler, instance)?,
        };
        let is_own = recording.as_ref().is_some_and(|recording| recording.own.is_some());
        let keep = (is_own && !keep.is_off()).then_some(keep);
        Ok(Self(Arc::new(Inner {
            instance,
            sampler,
            keep,
            propagators,
            span_filter,
            request_fields,
            rules,
            flight_recorder,
            recorder,
            recording,
        })))
    }

    /// The traces of the process-wide default before `init`: ids and decisions only, with the default sampler of
    /// OpenTelemetry's specification. No span is exported.
    pub(crate) fn ids_only(recorder: Arc<dyn Recorder + Send + Sync>) -> Self {
        let sampler = Arc::new(Sampler::default());
        Self(Arc::new(Inner {
            instance: 0,
            sampler,
            keep: None,
            propagators: Propagators::default(),
            span_filter: SpanFilter::default(),
            request_fields: None,
            rules: Arc::new(Rules {
                redactor: Arc::default(),
                limits: Limits::default(),
                is_own: true,
            }),
            flight_recorder: FlightRecorder::off(),
            recorder,
            recording: None,
        }))
    }

    /// The routes of which more traces are recorded for a time.
    pub(crate) fn sampling_boosts(&self) -> &SamplingBoosts {
        self.0.sampler.boosts()
    }

    /// The sampling decision for a request without a span.
    pub(crate) fn decide(&self, start: &SpanStart<'_>) -> ServerSpan {
        ServerSpan::decide(&self.0.sampler, start)
    }

    /// Makes the sampling decision for a request and, if it is sampled, starts its span.
    ///
    /// `attributes` is called for spans that are recorded, and before the decision if a provider of the application
    /// makes it.
    pub(crate) fn start_server_span<A: Into<StartAttributes>>(
        &self,
        start: SpanStart<'_>,
        attributes: impl FnOnce() -> A,
    ) -> ServerSpan {
        let decided = ServerSpan::decide(&self.0.sampler, &start);
        match &self.0.recording {
            Some(Recording { tracer, own: None, .. }) => {
                let unrecorded = decided.unrecorded();
                // Its sampler and its processors are code of the application.
                guarded(|| decided.ask(tracer, start, || attributes().into().into_list(self.redactor())))
                    .unwrap_or(unrecorded)
            }
            Some(Recording {
                own: Some(pipeline),
                forever,
                ..
            }) if decided.flags.is_sampled() && !pipeline.is_closed() => {
                decided.record(forever.get().unwrap_or(pipeline), start, attributes().into())
            }
            Some(_) if !decided.flags.is_sampled() => decided.left_out(start.trusted_tracestate()),
            _ => decided,
        }
    }

    /// The unsampled requests that get a deferred span; `None` if no request does.
    #[inline]
    pub(crate) fn keep(&self) -> Option<Keep> {
        self.0.keep
    }

    /// The span of an unsampled request, recorded at its end with the ids that the request has had. The request stays
    /// unsampled, as it was propagated to other services.
    pub(crate) fn record_deferred(
        &self,
        request: &RequestContext,
        start: SpanStart<'_>,
        attributes: StartAttributes,
    ) -> Option<Context> {
        let (trace_id, span_id, flags) = (request.trace_id(), request.span_id(), request.trace_flags());
        let decided = ServerSpan {
            trace_id,
            span_id,
            flags,
            otel: None,
            is_recorded: false,
        };
        decided.record(self.own()?, start, attributes).otel
    }

    /// Exports the child spans of an unsampled request whose own span is [deferred](Self::record_deferred).
    #[cold]
    pub(crate) fn export_children(&self, request: &RequestContext, spans: Vec<SpanRecord>) {
        let Some(pipeline) = self.own().filter(|pipeline| !pipeline.is_closed()) else {
            return;
        };
        for span in spans {
            pipeline.end_recorded(kept_child::data_of(request, span));
        }
    }

    /// The provider of the spans, if there is one.
    pub(crate) fn provider(&self) -> Option<&SdkTracerProvider> {
        self.0.recording.as_ref().map(|recording| &recording.provider)
    }

    /// The filter of the spans and events of `tracing` that are exported.
    pub(super) fn span_filter(&self) -> &SpanFilter {
        &self.0.span_filter
    }

    /// The fields of `tracing` spans that belong to the request, if there are any.
    #[inline]
    pub(crate) fn request_fields(&self) -> Option<RequestFields> {
        self.0.request_fields
    }

    /// Redacts secrets.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.0.rules.redactor
    }

    /// The rules for attributes.
    pub(super) fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// The tracer of obs's own spans, if there is a provider.
    pub(super) fn tracer(&self) -> Option<&LimitedTracer> {
        self.0.recording.as_ref().map(|recording| &recording.tracer)
    }

    /// The pipeline of our own provider, if that records spans.
    #[inline]
    fn own(&self) -> Option<&Pipeline> {
        self.0.recording.as_ref()?.own.as_ref()
    }

    /// Whether spans are recorded by our own provider, which takes our ids.
    pub(super) fn is_own(&self) -> bool {
        self.own().is_some()
    }

    /// Ends the span of a request.
    pub(crate) fn end_server_span(
        &self,
        span: &SpanRef<'_>,
        (route, status_code): (Option<&Cow<'static, str>>, Option<u16>),
        at: SystemTime,
    ) {
        match (self.is_own(), route) {
            (true, None) => request_span::end_with(span, None, status_code, at),
            (true, Some(Cow::Borrowed(route))) => request_span::end_with(span, Some(route), status_code, at),
            _ => {
                let route = route.map(|route| KeyValue::new(attribute::HTTP_ROUTE, interned(route)));
                let code = status_code.map(|code| KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(code)));
                // In one call, since each call locks the span.
                span.set_attributes(route.into_iter().chain(code));
                // This runs the processors of a provider of the application.
                let _ = guarded(|| span.end_with_timestamp(at));
            }
        }
    }

    /// Whether spans are recorded by a provider of the application.
    #[inline]
    pub(crate) fn is_of_others(&self) -> bool {
        self.0
            .recording
            .as_ref()
            .is_some_and(|recording| recording.own.is_none())
    }

    /// Discards a span that has started: it is not exported.
    pub(crate) fn discard_span(&self, span: &Context) {
        match &self.0.recording {
            Some(Recording { own: None, unended, .. }) => unended.retain(span),
            _ => discarded::drop_span(span),
        }
    }

    /// The handle for contexts of this instance, counted by reference.
    pub(crate) fn counted(&self) -> InstanceRef {
        InstanceRef::from(Arc::new(self.clone()) as Arc<dyn Instance>)
    }

    /// The handle for contexts of this instance, which lives until the process ends.
    pub(crate) fn forever(&self) -> InstanceRef {
        if let Some(Recording {
            own: Some(pipeline),
            forever,
            ..
        }) = &self.0.recording
        {
            forever.get_or_init(|| pipeline.forever());
        }
        InstanceRef::from(Box::leak(Box::new(self.clone())) as &'static dyn Instance)
    }

    /// The traces behind the handle of a context.
    pub(crate) fn of(instance: &InstanceRef) -> Option<&Self> {
        (&**instance as &dyn Any).downcast_ref()
    }

    /// Exports the spans that have ended. False if that did not succeed within `timeout`.
    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        match &self.0.recording {
            None => true,
            Some(Recording {
                own: Some(pipeline), ..
            }) => pipeline.flush(timeout),
            Some(Recording { provider, .. }) => {
                let provider = provider.clone();
                blocking::within(timeout, move || provider.force_flush().is_ok())
            }
        }
    }

    /// Exports the spans that have ended, and shuts the pipeline down; a provider of the application is flushed only.
    /// False if that did not succeed within `timeout`.
    pub(crate) fn shutdown(&self, timeout: Duration) -> bool {
        match &self.0.recording {
            // Not the provider: it drops spans that end after its shutdown without counting them, and requests may be
            // in flight.
            Some(Recording {
                own: Some(pipeline), ..
            }) => pipeline.shutdown(timeout),
            _ => self.flush(timeout),
        }
    }
}

impl Instance for Tracing {
    #[inline]
    fn id(&self) -> u64 {
        self.0.instance
    }

    fn samples_root(&self, trace_id: TraceId) -> bool {
        self.0.sampler.samples_root(trace_id, None)
    }

    fn samples_child(&self, parent: TraceFlags, trace_id: TraceId) -> bool {
        self.0.sampler.samples_child(parent, trace_id, None)
    }

    #[inline]
    fn propagators(&self) -> &Propagators {
        &self.0.propagators
    }

    #[inline]
    fn recorder(&self) -> &dyn Recorder {
        &*self.0.recorder
    }

    fn redactor(&self) -> &Redactor {
        Tracing::redactor(self)
    }

    #[inline]
    fn flight_recorder(&self) -> &FlightRecorder {
        &self.0.flight_recorder
    }
}

impl fmt::Debug for Tracing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recording = self.0.recording.as_ref();
        f.debug_struct("Tracing")
            .field("sampler", &self.0.sampler)
            .field("pipeline", &recording.map(|recording| recording.own.as_ref()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "handle_tests.rs"]
mod tests;
