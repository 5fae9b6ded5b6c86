//! The start of an instance.

use std::sync::Arc;

use obs_base::InitError;
use obs_otlp::Budget;

use super::{ObsBuilder, global, install, metrics_setters::configure};
use crate::{
    clock,
    context::request_id_header,
    environment::{Env, Notices, report_ignored},
    logs::{self, HeldSettings, Logs, LogsConfig},
    metrics::{self, Pusher, Registry, Target},
    pipeline::{self, Connections, KnownMethods, Listener, Obs, Pipeline},
    recorder::FlightRecorder,
    redact::Redactor,
    request::install_panic_hook,
    saturation::Saturation,
    serve::{self, Bound},
    trace::{SlowThreshold, Tracing, TracingConfig},
};

/// The role of an instance in the process.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// The process-wide default, which is never freed.
    Default,
    /// An instance that is dropped with its last handle.
    Separate,
}

/// An instance whose settings are valid: what is left is to start it.
pub(super) struct Prepared {
    pub(super) builder: ObsBuilder,
    bound: Option<Bound>,
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

// === impl ObsBuilder ===

impl ObsBuilder {
    /// Starts logs, metrics and traces as the process-wide default, which `ObsLayer::new()` uses.
    ///
    /// Installs the subscriber of `tracing` with the [layers](Self::layer) of the application, the recorder of
    /// `metrics`, the tracer provider and propagator of OpenTelemetry, the logger of the `log` crate, and a panic hook
    /// that calls the previous one. A recorder of `metrics` that is installed already is used. Needs no async runtime;
    /// call it at the start of `main`.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, if the log file or the address of the metrics page can't be opened, if the process has
    /// a default already, if a subscriber of `tracing` is installed already, or if a layer panics when it becomes part
    /// of the subscriber.
    pub fn init(self) -> Result<Obs, InitError> {
        let _one_at_a_time = global::one_at_a_time();
        global::check_default()?;
        // All checks come before anything is installed, since global state can't be removed again.
        let notices = Notices::default();
        let env = Env::new(&pipeline::env, &notices);
        let prepared = self.prepared(env)?;
        global::check_subscriber()?;
        prepared.init(&notices, env)
    }

    /// Starts logs, metrics and traces without installing them: for tests, for further instances in a process, and for
    /// applications that install a subscriber of their own.
    ///
    /// Pass the result to `ObsLayer::obs`, and [`Obs::subscriber_layer`] to a subscriber; or make it the process-wide
    /// default with [`Obs::make_default`]. The panic hook, which keeps the message of a panic for the log line of its
    /// request, is installed too, once for all instances.
    ///
    /// # Errors
    ///
    /// If a setting is invalid, if the log file or the address of the metrics page can't be opened, or if there are
    /// [layers](Self::layer), which only [`init`](Self::init) installs.
    pub fn build(self) -> Result<Obs, InitError> {
        let notices = Notices::default();
        let obs = self.build_in(Env::new(&pipeline::env, &notices))?;
        obs.log_notices(&notices);
        Ok(obs)
    }

    /// [`build`](Self::build) with the variables of `env`.
    pub(crate) fn build_in(self, env: Env<'_>) -> Result<Obs, InitError> {
        self.check_no_layers()?;
        self.prepared(env)?.build(env)
    }

    /// Refuses layers of the application.
    pub(super) fn check_no_layers(&self) -> Result<(), InitError> {
        if self.layers.is_empty() {
            return Ok(());
        }
        let expected = "none with `build`: add them to your own subscriber, beside `Obs::subscriber_layer`";
        Err(InitError::invalid("the number of layers", self.layers.len(), expected))
    }

    /// Checks all settings, and takes the address of the page.
    pub(super) fn prepared(self, env: Env<'_>) -> Result<Prepared, InitError> {
        let builder = self.validated(env)?;
        let bound = serve::bind(&builder.page)?;
        Ok(Prepared { builder, bound })
    }

    /// Completes the settings from the environment and checks all of them.
    fn validated(mut self, env: Env<'_>) -> Result<Self, InitError> {
        report_ignored(env);
        self.take_defined_name()?;
        self.service = self.service.completed(env)?;
        metrics::validate_buckets("duration_buckets", &self.duration_buckets)?;
        self.page.check()?;
        self.otlp.check()?;
        self.check_request_id_header()?;
        self.check_metrics()?;
        let budget = Budget::new(self.queue_bytes)?;
        self.check_flight_recorder()?;
        self.logs.held = self.held_level.map(|level| HeldSettings {
            level,
            slower_than: self.keep.slower_than,
        });
        if self.keep.slower_than == Some(SlowThreshold::P99) && self.recorder.is_some() {
            env.notice("keep_slower_than(P99) has no effect: the recorder of metrics that the application has set can't be read");
        }
        if self.held_level.is_some() && self.recorder_bytes == 0 {
            env.notice("lines_of_failures has no effect: lines are held by the flight recorder, which is turned off");
        }
        let unused = Arc::new(::metrics::NoopRecorder);
        Tracing::check(&self.tracing_config(&budget, env, unused, FlightRecorder::off()))?;
        self.logs.prepare(&self.service, &self.otlp, env)?;
        Pusher::check(&self.otlp, &self.push, env)?;
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
        recorder: Arc<dyn ::metrics::Recorder + Send + Sync>,
        flight_recorder: FlightRecorder,
    ) -> TracingConfig<'a> {
        TracingConfig {
            service: Arc::new(self.service.clone()),
            otlp: self.otlp.clone(),
            budget: budget.clone(),
            sample_ratio: self.sample_ratio,
            sampling: self.sampling.clone(),
            keep: self.keep,
            propagator: self.propagator.clone(),
            span_filter: self.span_filter.clone(),
            request_fields: self.request_fields.clone(),
            request_id_header: self.request_id_header.as_deref().and_then(request_id_header),
            value_limit: self.value_limit,
            redactor: Arc::new(Redactor::with(self.logs.redact.iter().map(String::as_str))),
            provider: self.tracer_provider.clone(),
            flight_recorder,
            env,
            recorder,
        }
    }

    fn start(self, registry: Registry, target: Target, role: Role, env: Env<'_>) -> Result<Pipeline, InitError> {
        clock::prepare();
        install_panic_hook(logs::flush_at_panic);
        let recorder = target.recorder();
        let budget = Budget::new(self.queue_bytes)?;
        let flight_recorder = FlightRecorder::start(self.recorder_bytes, &*recorder);
        let tracing = Tracing::start(
            self.tracing_config(&budget, env, Arc::clone(&recorder), flight_recorder),
            self.span_readers,
        )?;
        let service = Arc::new(self.service);
        let logs = Logs::start(LogsConfig {
            service: Arc::clone(&service),
            settings: self.logs,
            otlp: &self.otlp,
            budget: &budget,
            value_limit: self.value_limit,
            env,
            recorder: &*recorder,
            records_lines: self.recorder_bytes > 0,
        })?;
        if let Some(reader) = self.line_reader {
            logs.set_reader(reader);
        }
        let pusher = Pusher::start(&registry, &service, (&self.otlp, &budget), &self.push, env, &*recorder)?;
        if let Some(metrics) = self.metrics {
            configure(metrics, &registry, &target, env);
        }
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
            connections: Connections::default(),
        })
    }
}

// === impl Prepared ===

impl Prepared {
    /// Starts the process-wide default and installs what a process has only one of.
    pub(super) fn init(self, notices: &Notices, env: Env<'_>) -> Result<Obs, InitError> {
        let Self { mut builder, bound } = self;
        let layers = std::mem::take(&mut builder.layers);
        for notice in std::mem::take(&mut builder.layer_notices) {
            notices.add(notice.to_owned());
        }
        let registry = builder
            .registry
            .clone()
            .unwrap_or_else(|| pipeline::default_registry().clone());
        let target = global::install_recorder(builder.recorder.clone(), &registry);
        let obs = served(builder.start(registry, target, Role::Default, env)?, bound)?;
        global::install_subscriber(install::with_layers(&obs, layers)?)?;
        let pipeline = obs.pipeline();
        global::install_opentelemetry(&pipeline.tracing, notices);
        global::bridge_log_crate(notices);
        pipeline::install(&pipeline);
        global::report_target(&pipeline.target);
        notices.log();
        Ok(obs)
    }

    /// Starts an instance and installs nothing.
    pub(super) fn build(self, env: Env<'_>) -> Result<Obs, InitError> {
        let Self { builder, bound } = self;
        let registry = builder.registry.clone().unwrap_or_default();
        let target = builder
            .recorder
            .clone()
            .map_or_else(|| Target::Own(registry.clone()), Target::Facade);
        served(builder.start(registry, target, Role::Separate, env)?, bound)
    }
}
