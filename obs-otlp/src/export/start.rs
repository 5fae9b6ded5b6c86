//! The start of the exporter of each signal.

use obs_base::{InitError, environment::Env};
use opentelemetry_sdk::trace::SpanData;

use super::{
    Exporter, drops::Drops, exporter::BoxError, queue::Queue, settings::ExportSettings, span_message::SpanExporter,
    worker::BatchExporter,
};
use crate::{CodeSettings, ExporterConfig, HeapSize, resource, signal::TRACES};

#[cfg(feature = "logs")]
pub use logs::{check_logs, start_logs};
#[cfg(feature = "metrics")]
pub use metrics::{check_metrics, start_metrics};

/// Checks the settings of the exporter of spans without starting it.
///
/// # Errors
///
/// If the endpoint is not a URL, if a file of certificates can't be read, or if the transport needs a feature that is
/// not enabled.
pub fn check_spans(code: CodeSettings<'_>, env: Env<'_>) -> Result<(), InitError> {
    ExportSettings::from_settings(&TRACES, code, env).map(drop)
}

/// Starts the exporter of spans if the settings request it; `None` without an endpoint.
///
/// `complete` makes a span of a queued item, on the export thread and shortly before it is sent. The item's
/// [`HeapSize`] bounds the queue and the batches in bytes, so it should not be less than the size of the span in a
/// message.
///
/// # Errors
///
/// As `check_spans`, and if the thread can't be started.
pub fn start_spans<T: HeapSize + Send + 'static>(
    config: &ExporterConfig<'_>,
    complete: impl Fn(T) -> SpanData + Send + 'static,
) -> Result<Option<Exporter<T>>, InitError> {
    let Some(settings) = ExportSettings::from_settings(&TRACES, config.code, config.env)? else {
        return Ok(None);
    };
    let settings = settings.bounded(Queue::<T>::max_slots(config.budget), config)?;
    let (resource, of_exporter) = (resource(config.service), settings.clone());
    spawn(settings, config, move || {
        SpanExporter::new(&of_exporter, &resource, Box::new(complete))
    })
}

/// Starts the thread, on which `make` creates the exporter.
fn spawn<E: BatchExporter + 'static>(
    settings: ExportSettings,
    config: &ExporterConfig<'_>,
    make: impl FnOnce() -> Result<E, BoxError> + Send + 'static,
) -> Result<Option<Exporter<E::Item>>, InitError>
where
    E::Item: Send + 'static,
{
    let drops = Drops::register(config.recorder, settings.signal.drops);
    Exporter::spawn(settings, config.budget.clone(), drops, make).map(Some)
}

#[cfg(feature = "logs")]
mod logs {
    use super::{CodeSettings, Env, ExportSettings, Exporter, ExporterConfig, InitError, Queue, resource, spawn};
    use crate::{LogRecord, export::log_message::LogExporter, signal::LOGS};

    /// Checks the settings of the exporter of log records.
    ///
    /// # Errors
    ///
    /// As `check_spans`, and if code requests the export without the feature `logs`.
    pub fn check_logs(code: CodeSettings<'_>, env: Env<'_>) -> Result<(), InitError> {
        ExportSettings::from_settings(&LOGS, code, env).map(drop)
    }

    /// Starts the exporter of log records if the settings request it; `None` without an endpoint.
    ///
    /// # Errors
    ///
    /// As [`check_logs`], and if the thread can't be started.
    pub fn start_logs(config: &ExporterConfig<'_>) -> Result<Option<Exporter<Box<LogRecord>>>, InitError> {
        let Some(settings) = ExportSettings::from_settings(&LOGS, config.code, config.env)? else {
            return Ok(None);
        };
        let settings = settings.bounded(Queue::<Box<LogRecord>>::max_slots(config.budget), config)?;
        let (resource, of_exporter) = (resource(config.service), settings.clone());
        spawn(settings, config, move || LogExporter::new(&of_exporter, &resource))
    }
}

#[cfg(feature = "metrics")]
mod metrics {
    use obs_base::{ServiceInfo, ids::RequestId};
    use obs_conventions::names::attribute;

    use super::{CodeSettings, Env, ExportSettings, Exporter, ExporterConfig, InitError, resource, spawn};
    use crate::{ReadMetrics, Tick, export::metrics::MetricsExporter, signal::METRICS};

    /// Checks the settings of the exporter of metrics.
    ///
    /// # Errors
    ///
    /// As `check_spans`, and if code requests the export without the feature `metrics`.
    pub fn check_metrics(code: CodeSettings<'_>, env: Env<'_>) -> Result<(), InitError> {
        metrics_settings(code, env).map(drop)
    }

    /// Starts the exporter of metrics if the settings request it, which reads them with what `read` returns for each push; `None`
    /// without an endpoint.
    ///
    /// # Errors
    ///
    /// As [`check_metrics`], and if the thread can't be started.
    pub fn start_metrics(
        config: &ExporterConfig<'_>,
        read: impl FnOnce() -> Box<dyn ReadMetrics>,
    ) -> Result<Option<Exporter<Tick>>, InitError> {
        let Some(settings) = metrics_settings(config.code, config.env)? else {
            return Ok(None);
        };
        let (resource, of_exporter) = (resource(&identified(config.service)), settings.clone());
        let (budget, read) = (config.budget.clone(), read());
        spawn(settings, config, move || {
            MetricsExporter::new(&of_exporter, &resource, read, budget)
        })
    }

    /// The service with `service.instance.id`, unless it has one: a back end could not tell the totals of several instances
    /// apart.
    fn identified(service: &ServiceInfo) -> ServiceInfo {
        let mut service = service.clone();
        if !service
            .attributes
            .iter()
            .any(|(key, _)| key == attribute::SERVICE_INSTANCE_ID)
        {
            let id = RequestId::new().as_str().to_owned();
            service.attributes.push((attribute::SERVICE_INSTANCE_ID.to_owned(), id));
        }
        service
    }

    fn metrics_settings(code: CodeSettings<'_>, env: Env<'_>) -> Result<Option<ExportSettings>, InitError> {
        let settings = ExportSettings::from_settings(&METRICS, code, env)?;
        if settings.is_some() {
            for (name, only) in [
                ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative"),
                (
                    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
                    "explicit_bucket_histogram",
                ),
                ("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based"),
            ] {
                // Only one value is implemented; others get a notice.
                let _ = env.keyword([name], &[(only, ())], only);
            }
        }
        Ok(settings)
    }
}
