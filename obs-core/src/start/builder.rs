//! The builder of an instance: its settings and its start.

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

/// The builder of an [`Obs`], made by [`Obs::builder`].
///
/// Settings are checked by [`init`](Self::init) and [`build`](Self::build); nothing is started before. A setter that is
/// called twice replaces the earlier value, unless it says that it adds one.
///
/// ```
/// use obs_core::Obs;
///
/// let obs = Obs::builder("payment-service")
///     .version("1.4.2")
///     .environment("staging")
///     .attribute("service.namespace", "shop")
///     .sample_ratio(0.1)
///     .build()?;
/// # Ok::<(), obs_core::InitError>(())
/// ```
///
/// # Environment
///
/// Settings in code take precedence over environment variables, which [`environment`](crate::environment) lists.
#[must_use = "nothing starts before `init` or `build`"]
pub struct ObsBuilder {
    pub(super) service: ServiceInfo,
    /// The name of the service in its definition, if one is set.
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

/// The role of an instance in the process.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// The process-wide default, which is never freed.
    Default,
    /// An instance that is dropped with its last handle.
    Separate,
}

/// The handle of a pipeline, whose page is served on `bound`.
fn served(pipeline: Pipeline, bound: Option<Bound>) -> Result<Obs, InitError> {
    let pipeline = Arc::new(pipeline);
    let serving = bound.map(|bound| bound.serve(Arc::clone(&pipeline))).transpose()?;
    Ok(Obs::new(
        pipeline,
        serving.map(|serving| Box::new(serving) as Box<dyn Listener>),
    ))
}

// === impl Obs ===

impl Obs {
    /// The builder of an instance for the service of this name: `service` on log lines, `service.name` on spans.
    ///
    /// If the name is empty, it is taken from `OTEL_SERVICE_NAME`, or from `service.name` in
    /// `OTEL_RESOURCE_ATTRIBUTES`; without any name, the start fails.
    pub fn builder(service: impl Into<String>) -> ObsBuilder {
        ObsBuilder::new(service.into())
    }
}

// === impl ObsBuilder ===

impl ObsBuilder {
    pub(super) fn new(service: String) -> Self {
        Self {
            service: ServiceInfo {
                name: service,
                ..ServiceInfo::default()
            },
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

    /// The version of the service, such as `1.4.2`: `version` on log lines, `service.version` on spans, and a label of
    /// `obs_build_info`. Defaults to the `service.version` of `OTEL_RESOURCE_ATTRIBUTES`, else to none.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.service.version = Some(version.into());
        self
    }

    /// The deployment environment, such as `production` or `staging`: `env` on log lines, `deployment.environment.name`
    /// on spans. Defaults to the `deployment.environment.name` of `OTEL_RESOURCE_ATTRIBUTES`, else to none.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.service.environment = Some(environment.into());
        self
    }

    /// Adds a [resource attribute](https://opentelemetry.io/docs/specs/semconv/resource/), such as `service.namespace`,
    /// to everything that is exported and to `target_info`. Defaults to those of `OTEL_RESOURCE_ATTRIBUTES`.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.service.attributes.push((key.into(), value.into()));
        self
    }

    /// The base URL of the collector for OTLP, such as `http://localhost:4318`.
    ///
    /// Spans are sent there, and log records and metrics if their export is turned on. Defaults to
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and the variables of each signal; nothing is exported if these are not set either.
    pub fn otlp_endpoint(mut self, url: impl Into<String>) -> Self {
        self.otlp_endpoint = Some(url.into());
        self
    }

    /// The memory in bytes for the export of all signals together, queued and being sent: at least 65 536 (64 KiB).
    /// Defaults to 33 554 432 (32 MiB).
    ///
    /// Beyond the limit, spans and log records are dropped, and counted in `obs_spans_dropped_total` and
    /// `obs_log_records_dropped_total` with the reason `queue_full`. Sizes are estimates; a quarter of the memory is
    /// reserved for messages while they are encoded and sent. A push of metrics is as large as the registry, and leaves
    /// less memory to the other signals while it is sent.
    ///
    /// `OTEL_BSP_MAX_QUEUE_SIZE` and `OTEL_BLRP_MAX_QUEUE_SIZE` also limit the number of queued items. A message has at
    /// most 3 MiB before compression; one that the collector refuses for its size is sent again in two halves. A single
    /// span or record above that size is dropped with the reason `too_large`.
    pub fn export_queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = Some(bytes);
        self
    }

    /// The fraction of new traces that is recorded, from 0 to 1. The decision of a trusted caller takes precedence.
    /// Defaults to `OTEL_TRACES_SAMPLER`, else to 1.
    ///
    /// Metrics and log lines don't depend on sampling. A value outside of the range is an error at the start.
    pub fn sample_ratio(mut self, ratio: f64) -> Self {
        self.sample_ratio = Some(ratio);
        self
    }

    /// The registry for metrics, such as one with other caps. Defaults to the process-wide registry with
    /// [`init`](Self::init), to a new one with [`build`](Self::build).
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Another recorder of the `metrics` crate, which gets all metrics in place of a registry.
    ///
    /// That recorder then has to export them: the metrics page of obs doesn't show them. Defaults to the recorder that
    /// is installed when [`init`](Self::init) is called, if any.
    pub fn recorder(mut self, recorder: impl ::metrics::Recorder + Send + Sync + 'static) -> Self {
        self.recorder = Some(Arc::new(recorder));
        self
    }

    /// The upper bounds of the buckets of duration histograms, in seconds: 1 to 256 finite numbers in ascending order.
    /// Defaults to [`DURATION_BUCKETS`].
    ///
    /// An objective such as "99 % within 300 ms" needs a bound of 0.3. Each bound adds a series per endpoint, method
    /// and status.
    pub fn duration_buckets(mut self, bounds: impl IntoIterator<Item = f64>) -> Self {
        self.duration_buckets = bounds.into_iter().collect();
        self
    }

    /// A tracer provider of the application, which gets all spans in place of the exporter of obs. Defaults to none.
    ///
    /// It is flushed by [`Obs::flush`] and [`Obs::shutdown`], and never shut down.
    pub fn tracer_provider(mut self, provider: SdkTracerProvider) -> Self {
        self.tracer_provider = Some(provider);
        self
    }

    /// Adds a reader of finished spans besides the exporter, such as a live page or a test. Defaults to none.
    ///
    /// With a reader, spans are recorded even without a collector. Spans of a
    /// [`tracer_provider`](Self::tracer_provider) are not passed to readers. A panic of the reader is caught and logged
    /// once.
    pub fn span_reader(mut self, reader: impl SpanReader + 'static) -> Self {
        self.span_readers
            .push(Box::new(Guarded::new("a reader of spans", reader)));
        self
    }

    /// A reader of log lines besides the writer, such as a live page or a test. Defaults to none.
    ///
    /// A panic of the reader is caught and logged once; lines that the reader itself logs are not passed to it.
    pub fn line_reader(mut self, reader: impl LineReader + 'static) -> Self {
        self.line_reader = Some(Box::new(Guarded::new("the reader of log lines", reader)));
        self
    }

    /// Starts logs, metrics and traces as the process-wide default, which `ObsLayer::new()` uses.
    ///
    /// Installs the subscriber of `tracing`, the recorder of `metrics`, the tracer provider and propagator of
    /// OpenTelemetry, and a panic hook that calls the previous one. A recorder of `metrics` that is installed already
    /// is used. Needs no async runtime; call it at the start of `main`.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, if the log file or the address of the metrics page can't be opened, if `init` has
    /// succeeded before, or if a subscriber of `tracing` is installed already.
    pub fn init(self) -> Result<Obs, InitError> {
        static INIT: Mutex<()> = Mutex::new(());
        let _one_at_a_time = INIT.lock().unwrap_or_else(PoisonError::into_inner);
        if pipeline::installed().is_some() {
            return Err(InitError::already_initialized(
                "the process-wide obs",
                "call `init` once, or `build` for a second instance",
            ));
        }
        // All checks come before anything is installed, since global state can't be removed again.
        let notices = Notices::default();
        let env = Env::new(&pipeline::env, &notices);
        let this = self.validated(env)?;
        global::check_subscriber()?;
        let bound = serve::bind(&this.page)?;
        let registry = this
            .registry
            .clone()
            .unwrap_or_else(|| pipeline::default_registry().clone());
        let target = global::install_recorder(this.recorder.clone(), &registry);
        // An earlier `init` that failed may have installed another registry.
        let registry = if let Target::Own(installed) = &target {
            installed.clone()
        } else {
            registry
        };
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

    /// Starts logs, metrics and traces without installing them, for tests and further instances in a process.
    ///
    /// Pass the result to `ObsLayer::obs`, and [`Obs::subscriber_layer`] to a subscriber. The panic hook, which keeps
    /// the message of a panic for the log line of its request, is installed all the same, once for all instances.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, or if the log file or the address of the metrics page can't be opened.
    pub fn build(self) -> Result<Obs, InitError> {
        let notices = Notices::default();
        let obs = self.build_in(Env::new(&pipeline::env, &notices))?;
        obs.log_notices(&notices);
        Ok(obs)
    }

    /// [`build`](Self::build) with the variables of `env`.
    pub(crate) fn build_in(self, env: Env<'_>) -> Result<Obs, InitError> {
        let this = self.validated(env)?;
        let bound = serve::bind(&this.page)?;
        let registry = this.registry.clone().unwrap_or_default();
        let target = this
            .recorder
            .clone()
            .map_or_else(|| Target::Own(registry.clone()), Target::Facade);
        served(this.start(registry, target, Role::Separate, env)?, bound)
    }

    /// Completes the settings from the environment and checks all of them.
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

    /// Takes over the name in the definition, which must be equal to the builder's if both have one.
    fn take_defined_name(&mut self) -> Result<(), InitError> {
        let Some(defined) = self.defined_name.take() else {
            return Ok(());
        };
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
        f.debug_struct("ObsBuilder")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}
