//! The settings of a trace pipeline.

use std::sync::Arc;

use metrics::Recorder;
use obs_base::ServiceInfo;
use obs_otlp::{Budget, CodeSettings, OtlpSettings};
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::{keep::Keep, sampling::Sampling};
use crate::{context::OwnPropagator, environment::Env, recorder::FlightRecorder, redact::Redactor};

/// The settings of the pipeline.
pub(crate) struct TracingConfig<'a> {
    pub(crate) service: Arc<ServiceInfo>,
    /// The settings of the export, from code.
    pub(crate) otlp: OtlpSettings,
    /// The memory budget of queued items.
    pub(crate) budget: Budget,
    /// Share of the new traces to record, from code.
    pub(crate) sample_ratio: Option<f64>,
    pub(crate) sampling: Sampling,
    pub(crate) keep: Keep,
    pub(crate) propagator: Option<OwnPropagator>,
    /// The directives that select the exported spans and events of `tracing`, from code.
    pub(crate) span_filter: Option<String>,
    /// Names of fields of `tracing` spans that belong to the request.
    pub(crate) request_fields: Vec<String>,
    /// The header of request ids, if the application has chosen one.
    pub(crate) request_id_header: Option<&'static str>,
    /// The longest text of an attribute, from code, in bytes.
    pub(crate) value_limit: Option<usize>,
    /// Redacts secrets.
    pub(crate) redactor: Arc<Redactor>,
    /// A provider of the application, in place of obs's own.
    pub(crate) provider: Option<SdkTracerProvider>,
    /// The flight recorder of the instance.
    pub(crate) flight_recorder: FlightRecorder,
    /// The environment.
    pub(crate) env: Env<'a>,
    /// The recorder of lost spans and of metrics of the `metrics` facade.
    pub(crate) recorder: Arc<dyn Recorder + Send + Sync>,
}

// === impl TracingConfig ===

impl TracingConfig<'_> {
    /// What code says about the export.
    pub(super) fn export_settings(&self) -> CodeSettings<'_> {
        CodeSettings {
            otlp: &self.otlp,
            ..CodeSettings::default()
        }
    }
}
