//! The builder of an instance: its settings.

use std::sync::Arc;

use obs_base::ServiceInfo;
use obs_otlp::OtlpSettings;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Level;
use tracing_subscriber::{Layer, Registry as SpanRegistry};

use super::install::{UserLayer, notice_of};
use crate::{
    Obs,
    context::OwnPropagator,
    exposition::PageSettings,
    guard::Guarded,
    logs::{LineReader, LogSettings},
    metrics::{DURATION_BUCKETS, PushSettings, Registry, RegistryBuilder},
    pipeline::Naming,
    recorder::DEFAULT_BYTES,
    trace::{Keep, Sampling, SpanReader},
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
    pub(super) otlp: OtlpSettings,
    pub(super) queue_bytes: Option<usize>,
    pub(super) recorder_bytes: usize,
    /// Up to which level lines are held for requests that fail.
    pub(super) held_level: Option<Level>,
    pub(super) push: PushSettings,
    pub(super) sample_ratio: Option<f64>,
    pub(super) sampling: Sampling,
    pub(super) keep: Keep,
    pub(super) propagator: Option<OwnPropagator>,
    pub(super) span_filter: Option<String>,
    pub(super) request_fields: Vec<String>,
    /// As it was given, until it is checked.
    pub(super) request_id_header: Option<String>,
    pub(super) value_limit: Option<usize>,
    pub(super) registry: Option<Registry>,
    pub(super) recorder: Option<SharedRecorder>,
    /// Caps and buckets of single metrics.
    pub(super) metrics: Option<RegistryBuilder>,
    pub(super) duration_buckets: Vec<f64>,
    pub(super) tracer_provider: Option<SdkTracerProvider>,
    pub(super) span_readers: Vec<Box<Guarded<dyn SpanReader>>>,
    pub(super) line_reader: Option<Box<Guarded<dyn LineReader>>>,
    /// Further layers of the subscriber, of the application.
    pub(super) layers: Vec<UserLayer>,
    pub(super) layer_notices: Vec<&'static str>,
    pub(crate) page: PageSettings,
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
            otlp: OtlpSettings::default(),
            queue_bytes: None,
            recorder_bytes: DEFAULT_BYTES,
            held_level: None,
            push: PushSettings::default(),
            sample_ratio: None,
            sampling: Sampling::new(),
            keep: Keep::default(),
            propagator: None,
            span_filter: None,
            request_fields: Vec::new(),
            request_id_header: None,
            value_limit: None,
            registry: None,
            recorder: None,
            metrics: None,
            duration_buckets: DURATION_BUCKETS.to_vec(),
            tracer_provider: None,
            span_readers: Vec::new(),
            line_reader: None,
            layers: Vec::new(),
            layer_notices: Vec::new(),
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
    /// to everything that is exported and to `target_info`, and to log lines if [`log_attributes`](Self::log_attributes)
    /// names it. Defaults to those of `OTEL_RESOURCE_ATTRIBUTES`.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.service.attributes.push((key.into(), value.into()));
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

    /// Adds a layer of the application's own to the subscriber that [`init`](Self::init) installs, such as those of
    /// `console_subscriber`, `sentry` or `tracing_subscriber::fmt`. Can be called several times. Defaults to none.
    ///
    /// The layer is called after those of obs, and after the layers that were added before it. It gets all events and
    /// spans of the process, of every level, whatever [`log_filter`](Self::log_filter) says: give it a filter of its
    /// own with `with_filter`. A filter that is added as a layer (`LevelFilter`, `EnvFilter`) applies to the whole
    /// subscriber, so also to the lines and spans of obs. A layer that panics, panics in the code that logs. One of
    /// `tracing-opentelemetry` is reported at the start: obs exports the spans of `tracing` itself.
    ///
    /// An application that installs its subscriber itself adds [`Obs::subscriber_layer`] there, and calls
    /// [`Obs::make_default`].
    ///
    /// ```
    /// use obs_core::Obs;
    /// use tracing_subscriber::{Layer, filter::LevelFilter};
    ///
    /// let on_stderr = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    /// let obs = Obs::builder("payment-service")
    ///     .log_writer(std::io::sink())
    ///     .layer(on_stderr.with_filter(LevelFilter::ERROR))
    ///     .init()?;
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    pub fn layer(mut self, layer: impl Layer<SpanRegistry> + Send + Sync + 'static) -> Self {
        self.layer_notices.extend(notice_of(&layer));
        self.layers.push(Box::new(layer));
        self
    }
}

impl std::fmt::Debug for ObsBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObsBuilder")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}
