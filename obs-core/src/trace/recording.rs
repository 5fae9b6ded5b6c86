//! Where the spans of an instance go.

use std::sync::{Arc, OnceLock};

use obs_base::InitError;
use obs_otlp::resource;
use opentelemetry::{InstrumentationScope, trace::TracerProvider};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanLimits};

use super::{
    SCOPE,
    config::TracingConfig,
    discarded::UnendedSpans,
    ids::Ids,
    limited_span::{LimitedTracer, SPARE_EVENTS, sdk_limit},
    limits::Limits,
    pipeline::{Pipeline, SpanReader},
    rules::{Rules, to_u32},
    sampler::{Sampler, SdkSampler},
};
use crate::guard::Guarded;

/// Present if spans go anywhere.
pub(super) struct Recording {
    pub(super) provider: SdkTracerProvider,
    pub(super) tracer: LimitedTracer,
    /// Our own provider's pipeline; none for the user's provider.
    pub(super) own: Option<Pipeline>,
    /// The same, once the instance lives until the process ends: clones of it are shared by all threads, and so would
    /// be their count.
    pub(super) forever: OnceLock<Pipeline>,
    pub(super) unended: UnendedSpans,
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(SCOPE)
        .with_version(env!("CARGO_PKG_VERSION"))
        .build()
}

fn tracer(provider: &SdkTracerProvider, rules: Arc<Rules>) -> LimitedTracer {
    LimitedTracer::new(provider.tracer_with_scope(scope()), rules)
}

// === impl Recording ===

impl Recording {
    /// The provider of the user's.
    pub(super) fn of(provider: SdkTracerProvider, rules: Arc<Rules>) -> Self {
        Self {
            tracer: tracer(&provider, rules),
            provider,
            own: None,
            forever: OnceLock::new(),
            unended: UnendedSpans::default(),
        }
    }

    /// Our own provider, if its spans are exported or read.
    pub(super) fn own(
        config: &TracingConfig<'_>,
        rules: Arc<Rules>,
        readers: Vec<Box<Guarded<dyn SpanReader>>>,
        sampler: &Arc<Sampler>,
        instance: u64,
    ) -> Result<Option<Self>, InitError> {
        let Some(pipeline) = Pipeline::start(config, Arc::clone(&rules), scope(), readers)? else {
            return Ok(None);
        };
        let provider = SdkTracerProvider::builder()
            .with_resource(resource(&config.service))
            .with_sampler(SdkSampler::new(Arc::clone(sampler), instance))
            .with_id_generator(Ids::new(instance))
            .with_span_limits(sdk_limits(&rules.limits))
            .with_span_processor(pipeline.clone())
            .build();
        Ok(Some(Self {
            tracer: tracer(&provider, rules),
            provider,
            own: Some(pipeline),
            forever: OnceLock::new(),
            unended: UnendedSpans::default(),
        }))
    }
}

/// What bounds spans that are made past our own tracer until they end; the rules leave less.
fn sdk_limits(limits: &Limits) -> SpanLimits {
    SpanLimits {
        max_events_per_span: to_u32(limits.events.saturating_add(SPARE_EVENTS)),
        max_attributes_per_span: sdk_limit(limits.attributes),
        max_links_per_span: to_u32(limits.links),
        max_attributes_per_event: to_u32(limits.event_attributes),
        max_attributes_per_link: to_u32(limits.link_attributes),
    }
}
