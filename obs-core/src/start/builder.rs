//! Settings of an instance, and its start.

use std::sync::{Arc, Mutex, PoisonError};

use obs_base::{InitError, ServiceInfo};
use obs_otlp::Budget;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;

use super::global;
use crate::{
    clock,
    context::OwnPropagator,
    environment::{Env, Notices, report_ignored},
    exposition::PageSettings,
    guard::Guarded,
    logs::{self, LineReader, LogSettings, Logs, LogsConfig},
    metrics::{self, DURATION_BUCKETS, PushSettings, Pusher, Registry, Target},
    pipeline::{self, KnownMethods, Listener, Naming, Obs, Pipeline},
    redact::Redactor,
    request::install_panic_hook,
    saturation::Saturation,
    serve::{self, Bound},
    trace::{Keep, Sampling, SpanReader, Tracing, TracingConfig},
};

/// A recorder that is shared between threads.
type SharedRecorder = Arc<dyn ::metrics::Recorder + Send + Sync>;

/// Settings of an [`Obs`]; made by [`Obs::builder`].
///
/// # Environment
///
/// What is set here beats the environment, of which [`environment`](crate::environment) says what is read.
#[must_use = "nothing starts before `init` or `build`"]
pub struct ObsBuilder {
    pub(super) service: ServiceInfo,
    /// The name of the service that the definition is of, if there is one.
    pub(super) defined_name: Option<String>,
    pub(super) naming: Naming,
    pub(super) logs: LogSettings,
    otlp_endpoint: Option<String>,
    queue_bytes: Option<usize>,
    pub(super) push: PushSettings,
    sample_ratio: Option<f64>,
    pub(super) sampling: Sampling,
    pub(super) keep: Keep,
    pub(super) propagator: Option<OwnPropagator>,
    pub(super) value_limit: Option<usize>,
    registry: Option<Registry>,
    recorder: Option<SharedRecorder>,
    pub(super) duration_buckets: Vec<f64>,
    tracer_provider: Option<SdkTracerProvider>,
    span_readers: Vec<Box<Guarded<dyn SpanReader>>>,
    line_reader: Option<Box<Guarded<dyn LineReader>>>,
    pub(crate) page: PageSettings,
}

/// Which instance of the process is started.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// The process-wide default, which is never freed.
    Default,
    /// One that goes with its last handle.
    Separate,
}

/// The handle of a pipeline, whose page is served on `bound`.
fn served(pipeline: Pipeline, bound: Option<Bound>) -> Result<Obs, InitError> {
    let pipeline = Arc::new(pipeline);
    let serving = bound.map(|bound| bound.serve(Arc::clone(&pipeline))).transpose()?;
    Ok(Obs::new(pipeline, serving.map(|serving| Box::new(serving) as Box<dyn Listener>)))
}

// === impl Obs ===

impl Obs {
    /// Settings for the service of this name: `service` on log lines, `service.name` on spans. An empty name is
    /// taken from `OTEL_SERVICE_NAME`.
    pub fn builder(service: impl Into<String>) -> ObsBuilder {
        ObsBuilder::new(service.into())
    }
}

// === impl ObsBuilder ===

impl ObsBuilder {
    pub(super) fn new(service: String) -> Self {
        Self {
            service: ServiceInfo { name: service, ..ServiceInfo::default() },
            defined_name: None,
            naming: Naming::default(),
            logs: LogSettings::default(),
            otlp_endpoint: None,
            queue_bytes: None,
            push: PushSettings::default(),
            sample_ratio: None,
            sampling: Sampling::new(),
            keep: Keep::default(),
            propagator: None,
            value_limit: None,
            registry: None,
            recorder: None,
            duration_buckets: DURATION_BUCKETS.to_vec(),
            tracer_provider: None,
            span_readers: Vec::new(),
            line_reader: None,
            page: PageSettings::default(),
        }
    }

    /// The service's version: on every line, span and in `obs_build_info`. Defaults to none.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.service.version = Some(version.into());
        self
    }

    /// The deployment environment (`production`, `staging`): `env` on every line,
    /// `deployment.environment.name` on spans. Defaults to none.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.service.environment = Some(environment.into());
        self
    }

    /// A further [resource attribute](https://opentelemetry.io/docs/specs/semconv/resource/), for
    /// spans and `target_info`. Defaults to none.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.service.attributes.push((key.into(), value.into()));
        self
    }

    /// The collector that spans are sent to, and log records and metrics on demand, as the base URL of
    /// OTLP (`http://localhost:4318`).
    /// Defaults to the environment, and to no export if that says nothing.
    pub fn otlp_endpoint(mut self, url: impl Into<String>) -> Self {
        self.otlp_endpoint = Some(url.into());
        self
    }

    /// The bytes that spans, log records and messages of metrics may hold on their way to the collector, all of them
    /// together, waiting and being sent: at least 65 536 (64 KiB). What comes on top is lost, and counted in
    /// `obs_spans_dropped_total` and `obs_log_records_dropped_total` with the reason `queue_full`. The bytes are
    /// estimated, a quarter is left to messages while they are encoded and sent. A push of metrics is as large as what
    /// the registry holds, and takes its bytes from the others while it is sent. Defaults to 33 554 432 (32 MiB).
    ///
    /// `OTEL_BSP_MAX_QUEUE_SIZE` and `OTEL_BLRP_MAX_QUEUE_SIZE` limit the number beside the bytes. One message has at
    /// most 3 MiB before compression; what a collector refuses for its size is sent again in halves. A span or
    /// record that is larger alone is lost with the reason `too_large`.
    pub fn export_queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = Some(bytes);
        self
    }

    /// Which share of new traces is recorded, 0 to 1; the decision of a trusted caller is followed.
    /// Defaults to `OTEL_TRACES_SAMPLER`, else 1.
    pub fn sample_ratio(mut self, ratio: f64) -> Self {
        self.sample_ratio = Some(ratio);
        self
    }

    /// The registry that metrics go to. Defaults to the process-wide one with
    /// [`init`](Self::init), to a new one with [`build`](Self::build).
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Another recorder of the `metrics` facade that metrics go to instead of a registry. The
    /// metrics page is then that recorder's affair. Defaults to the one that [`init`](Self::init)
    /// finds installed, if any.
    pub fn recorder(mut self, recorder: impl ::metrics::Recorder + Send + Sync + 'static) -> Self {
        self.recorder = Some(Arc::new(recorder));
        self
    }

    /// Upper bounds of the duration histograms, in seconds, growing. Defaults to
    /// [`DURATION_BUCKETS`].
    pub fn duration_buckets(mut self, bounds: impl IntoIterator<Item = f64>) -> Self {
        self.duration_buckets = bounds.into_iter().collect();
        self
    }

    /// The user's own tracer provider, in place of an exporter of ours. It is asked for every
    /// span, and flushed but not shut down. Defaults to none.
    pub fn tracer_provider(mut self, provider: SdkTracerProvider) -> Self {
        self.tracer_provider = Some(provider);
        self
    }

    /// A second reader of finished spans, beside the exporter: a live page, a test. With it, spans
    /// are recorded without an exporter too. Can be given several times. A provider of the user's
    /// own has its own processors and is not read. Defaults to none.
    pub fn span_reader(mut self, reader: impl SpanReader + 'static) -> Self {
        self.span_readers.push(Box::new(Guarded::new("a reader of spans", reader)));
        self
    }

    /// A second reader of log lines, beside the writer. Defaults to none.
    pub fn line_reader(mut self, reader: impl LineReader + 'static) -> Self {
        self.line_reader = Some(Box::new(Guarded::new("the reader of log lines", reader)));
        self
    }

    /// Starts the signals and makes them the process-wide default: the subscriber of `tracing`, the
    /// recorder of `metrics`, the tracer provider and propagator of OpenTelemetry, a panic hook that
    /// adds to the one before, and what `ObsLayer::new()` uses.
    ///
    /// Needs no async runtime. A recorder of `metrics` that is installed already is adopted.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, if `init` has succeeded before, or if a subscriber of `tracing` is
    /// installed already.
    pub fn init(self) -> Result<Obs, InitError> {
        static INIT: Mutex<()> = Mutex::new(());
        let _one_at_a_time = INIT.lock().unwrap_or_else(PoisonError::into_inner);
        if pipeline::installed().is_some() {
            return Err(InitError::already_initialized(
                "the process-wide obs",
                "call `init` once, or `build` for a second instance",
            ));
        }
        // All of it before anything is installed: what a process has only one of can't be taken back.
        let notices = Notices::default();
        let env = Env::new(&pipeline::env, &notices);
        let this = self.validated(env)?;
        global::check_subscriber()?;
        let bound = serve::bind(&this.page)?;
        let registry = this.registry.clone().unwrap_or_else(|| pipeline::default_registry().clone());
        let target = global::install_recorder(this.recorder.clone(), &registry);
        // An `init` that failed may have installed another one before.
        let registry = if let Target::Own(installed) = &target { installed.clone() } else { registry };
        let obs = served(this.start(registry, target, Role::Default, env)?, bound)?;
        let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
        global::install_subscriber(subscriber)?;
        let pipeline = obs.pipeline();
        global::install_opentelemetry(&pipeline.tracing);
        global::bridge_log_crate();
        pipeline::install(&pipeline);
        global::report_target(&pipeline.target);
        notices.log();
        Ok(obs)
    }

    /// Starts the signals and makes nothing the process-wide default: for tests and second
    /// instances. (The panic hook that notes the message of a panic for its request's line is added
    /// to the one before, once for all instances.)
    ///
    /// Hand the result to `ObsLayer::obs`, and [`Obs::subscriber_layer`] to a subscriber.
    ///
    /// # Errors
    ///
    /// If a setting is invalid.
    pub fn build(self) -> Result<Obs, InitError> {
        let notices = Notices::default();
        let obs = self.build_in(Env::new(&pipeline::env, &notices))?;
        obs.tell(&notices);
        Ok(obs)
    }

    /// The same in an environment of the caller's.
    pub(crate) fn build_in(self, env: Env<'_>) -> Result<Obs, InitError> {
        let this = self.validated(env)?;
        let bound = serve::bind(&this.page)?;
        let registry = this.registry.clone().unwrap_or_default();
        let target = this.recorder.clone().map_or_else(|| Target::Own(registry.clone()), Target::Facade);
        served(this.start(registry, target, Role::Separate, env)?, bound)
    }

    /// With what the environment adds, if all of it can be.
    fn validated(mut self, env: Env<'_>) -> Result<Self, InitError> {
        report_ignored(env);
        self.take_defined_name()?;
        self.service = self.service.completed(env)?;
        metrics::validate_buckets("duration_buckets", &self.duration_buckets)?;
        self.page.check()?;
        let budget = Budget::new(self.queue_bytes)?;
        Tracing::check(&self.tracing_config(&budget, env, &::metrics::NoopRecorder))?;
        self.logs.prepare(self.otlp_endpoint.as_deref(), env)?;
        Pusher::check(self.otlp_endpoint.as_deref(), &self.push, env)?;
        Ok(self)
    }

    /// Takes the name in the definition, which must be that of the builder if both have one.
    fn take_defined_name(&mut self) -> Result<(), InitError> {
        let Some(defined) = self.defined_name.take() else { return Ok(()) };
        if self.service.name.is_empty() || self.service.name == defined {
            self.service.name = defined;
            return Ok(());
        }
        let expected = format!("{defined:?}, the name in its definition");
        Err(InitError::invalid("the service's name", &self.service.name, expected))
    }

    fn tracing_config<'a>(
        &self,
        budget: &Budget,
        env: Env<'a>,
        recorder: &'a dyn ::metrics::Recorder,
    ) -> TracingConfig<'a> {
        TracingConfig {
            service: Arc::new(self.service.clone()),
            otlp_endpoint: self.otlp_endpoint.clone(),
            budget: budget.clone(),
            sample_ratio: self.sample_ratio,
            sampling: self.sampling.clone(),
            keep: self.keep,
            propagator: self.propagator.clone(),
            value_limit: self.value_limit,
            redactor: Arc::new(Redactor::with(self.logs.redact.iter().map(String::as_str))),
            provider: self.tracer_provider.clone(),
            env,
            recorder,
        }
    }

    fn start(self, registry: Registry, target: Target, role: Role, env: Env<'_>) -> Result<Pipeline, InitError> {
        clock::prepare();
        install_panic_hook(logs::flush_at_panic);
        let recorder = target.recorder();
        let budget = Budget::new(self.queue_bytes)?;
        let tracing = Tracing::start(self.tracing_config(&budget, env, &*recorder), self.span_readers)?;
        let service = Arc::new(self.service);
        let logs = Logs::start(LogsConfig {
            service: Arc::clone(&service),
            settings: self.logs,
            otlp_endpoint: self.otlp_endpoint.as_deref(),
            budget: &budget,
            value_limit: self.value_limit,
            env,
            recorder: &*recorder,
        })?;
        if let Some(reader) = self.line_reader {
            logs.set_reader(reader);
        }
        let endpoint = self.otlp_endpoint.as_deref();
        let pusher = Pusher::start(&registry, &service, (endpoint, &budget), &self.push, env, &*recorder)?;
        global::describe_service(&registry, &service);
        if matches!(target, Target::Own(_)) {
            Saturation::watch(&registry);
        }
        let (routes, instance) = match role {
            Role::Default => (Arc::clone(pipeline::default_routes()), tracing.forever()),
            Role::Separate => (Arc::default(), tracing.counted()),
        };
        Ok(Pipeline {
            registry,
            target,
            pusher,
            naming: self.naming,
            duration_buckets: self.duration_buckets,
            logs: Some(logs),
            tracing,
            instance,
            routes,
            known_methods: KnownMethods::of_env(&|name| env.get(name)),
            exposition: self.page.exposition()?,
        })
    }
}

impl std::fmt::Debug for ObsBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObsBuilder").field("service", &self.service).finish_non_exhaustive()
    }
}
