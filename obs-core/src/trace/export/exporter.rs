//! An exporter's thread and the handle to it.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

#[cfg(feature = "otlp-logs")]
use opentelemetry_sdk::logs::SdkLogRecord;
use opentelemetry_sdk::trace::SpanData;

use super::{
    drops::Drops,
    queue::Queue,
    settings::{ExportSettings, FromCode},
    signal::TRACES,
    size::HeapSize,
    spans::Spans,
    thread::become_export_thread,
    worker::{BatchExporter, Worker},
};
#[cfg(feature = "otlp-metrics")]
use super::{
    metrics::{Metrics, ReadMetrics, Tick},
    sender::Sender,
    signal::METRICS,
};
#[cfg(feature = "otlp-logs")]
use super::{records::Records, signal::LOGS};
#[cfg(any(feature = "otlp-logs", feature = "otlp-metrics"))]
use crate::obs::ServiceInfo;
#[cfg(feature = "otlp-metrics")]
use crate::{context::RequestId, names::attribute};
use crate::{
    environment::Env,
    obs::InitError,
    trace::{budget::Budget, handle::TracingConfig, resource::resource},
};

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A handle to the exporter; it ends with [`shutdown`](Self::shutdown).
#[derive(Debug)]
pub(crate) struct Exporter<T>(Arc<Queue<T>>);

/// Ends the queue with the thread, whatever ends that.
struct EndsQueue<T>(Arc<Queue<T>>);

/// Checks the settings of the exporter of spans.
pub(in crate::trace) fn check(otlp_endpoint: Option<&str>, env: Env<'_>) -> Result<(), InitError> {
    ExportSettings::from_settings(&TRACES, FromCode { endpoint: otlp_endpoint, ..FromCode::default() }, env).map(drop)
}

/// Starts the exporter of spans that the settings ask for.
pub(in crate::trace) fn start(config: &TracingConfig<'_>) -> Result<Option<Exporter<SpanData>>, InitError> {
    let env = config.env;
    let code = FromCode { endpoint: config.otlp_endpoint.as_deref(), ..FromCode::default() };
    let Some(settings) = ExportSettings::from_settings(&TRACES, code, env)? else { return Ok(None) };
    let settings = settings.bounded(Queue::<SpanData>::most(&config.budget), env);
    let (resource, of_exporter) = (resource(&config.service), settings.clone());
    let drops = Drops::register(config.recorder, TRACES.drops);
    Exporter::spawn(settings, config.budget.clone(), drops, move || Spans::new(&of_exporter, &resource)).map(Some)
}

/// Checks the settings of the exporter of log records.
#[cfg(feature = "otlp-logs")]
pub(crate) fn check_logs(code: FromCode<'_>, env: Env<'_>) -> Result<(), InitError> {
    ExportSettings::from_settings(&LOGS, code, env).map(drop)
}

/// Starts the exporter of log records that the settings ask for.
#[cfg(feature = "otlp-logs")]
pub(crate) fn start_logs(
    service: &ServiceInfo,
    budget: &Budget,
    code: FromCode<'_>,
    env: Env<'_>,
    recorder: &dyn ::metrics::Recorder,
) -> Result<Option<Exporter<Box<SdkLogRecord>>>, InitError> {
    let Some(settings) = ExportSettings::from_settings(&LOGS, code, env)? else { return Ok(None) };
    let settings = settings.bounded(Queue::<Box<SdkLogRecord>>::most(budget), env);
    let (resource, of_exporter) = (resource(service), settings.clone());
    let drops = Drops::register(recorder, LOGS.drops);
    Exporter::spawn(settings, budget.clone(), drops, move || Records::new(&of_exporter, &resource)).map(Some)
}

/// Checks the settings of the exporter of metrics.
#[cfg(feature = "otlp-metrics")]
pub(crate) fn check_metrics(code: FromCode<'_>, env: Env<'_>) -> Result<(), InitError> {
    metrics_settings(code, env).map(drop)
}

/// Starts the exporter of metrics that the settings ask for. `read` gets the resource that the metrics
/// belong to.
#[cfg(feature = "otlp-metrics")]
pub(crate) fn start_metrics(
    service: &ServiceInfo,
    budget: &Budget,
    code: FromCode<'_>,
    env: Env<'_>,
    recorder: &dyn ::metrics::Recorder,
    read: impl FnOnce(opentelemetry_proto::tonic::resource::v1::Resource) -> ReadMetrics,
) -> Result<Option<Exporter<Tick>>, InitError> {
    let Some(settings) = metrics_settings(code, env)? else { return Ok(None) };
    let (read, of_sender) = (read((&resource(&identified(service))).into()), settings.clone());
    let of_metrics = budget.clone();
    let drops = Drops::register(recorder, METRICS.drops);
    Exporter::spawn(settings, budget.clone(), drops, move || {
        Ok(Metrics::new(read, Sender::new(&of_sender)?, of_metrics))
    })
    .map(Some)
}

/// The service with an id for this instance, unless it has one: totals that several instances push
/// under one identity would take turns.
#[cfg(feature = "otlp-metrics")]
fn identified(service: &ServiceInfo) -> ServiceInfo {
    let mut service = service.clone();
    if !service.attributes.iter().any(|(key, _)| key == attribute::SERVICE_INSTANCE_ID) {
        let id = RequestId::new().as_str().to_owned();
        service.attributes.push((attribute::SERVICE_INSTANCE_ID.to_owned(), id));
    }
    service
}

#[cfg(feature = "otlp-metrics")]
fn metrics_settings(code: FromCode<'_>, env: Env<'_>) -> Result<Option<ExportSettings>, InitError> {
    let settings = ExportSettings::from_settings(&METRICS, code, env)?;
    if settings.is_some() {
        for (name, only) in [
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative"),
            ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram"),
            ("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based"),
        ] {
            // There is one way; who wants another one is told.
            let _ = env.word([name], &[(only, ())], only);
        }
    }
    Ok(settings)
}

/// Runs `make`'s exporter on this thread until the queue is closed.
fn export<E: BatchExporter>(
    queue: Arc<Queue<E::Item>>,
    settings: ExportSettings,
    make: impl FnOnce() -> Result<E, BoxError>,
    report: &mpsc::SyncSender<Result<(), BoxError>>,
) {
    // No hyper, h2 or tower of this thread may make spans, in no way: they would be exported, which
    // makes spans.
    become_export_thread();
    let _suppressed = opentelemetry::Context::enter_telemetry_suppressed_scope();
    let _ends = EndsQueue(Arc::clone(&queue));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_name("obs-export-dns")
        .on_thread_start(become_export_thread)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(report.send(Err(error.into()))),
    };
    runtime.block_on(async {
        match make() {
            Ok(exporter) => {
                // Whoever started us waits for this, or has panicked.
                let _ = report.send(Ok(()));
                Worker::new(queue, exporter, settings).run().await;
            }
            Err(error) => drop(report.send(Err(error))),
        }
    });
    // A name look-up that hangs must not hold us.
    runtime.shutdown_background();
}

// === impl Exporter ===

impl<T: Send + 'static> Exporter<T> {
    /// Starts a thread that sends with the exporter that `make` makes on it.
    pub(super) fn spawn<E: BatchExporter<Item = T> + 'static>(
        settings: ExportSettings,
        budget: Budget,
        drops: Drops,
        make: impl FnOnce() -> Result<E, BoxError> + Send + 'static,
    ) -> Result<Self, InitError> {
        let items = settings.signal.items;
        let queue = Arc::new(Queue::new(settings.queue, settings.batch, budget, drops));
        let (report, outcome) = mpsc::sync_channel(1);
        let of_thread = Arc::clone(&queue);
        thread::Builder::new()
            .name("obs-export".to_owned())
            .spawn(move || export(of_thread, settings, make, &report))
            .map_err(|error| InitError::failed(format!("start the thread that exports {items}"), error))?;
        match outcome.recv() {
            Ok(Ok(())) => Ok(Self(queue)),
            Ok(Err(error)) => Err(InitError::failed(format!("set up the export of {items}"), error)),
            Err(gone) => Err(InitError::failed(format!("set up the export of {items}"), gone)),
        }
    }

    /// Takes an item; never blocks.
    #[inline]
    pub(crate) fn push(&self, item: T)
    where
        T: HeapSize,
    {
        self.0.push(item);
    }

    /// Takes an item if there is room and time for it; none is lost otherwise.
    #[cfg(feature = "otlp-metrics")]
    pub(crate) fn offer(&self, item: T)
    where
        T: HeapSize,
    {
        let _ = self.0.offer(item);
    }

    /// False if not everything got out within `timeout`.
    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        self.0.flush(timeout)
    }

    /// Starts what [`shutdown`](Self::shutdown) waits for.
    #[cfg(any(feature = "otlp-logs", feature = "otlp-metrics"))]
    pub(crate) fn begin_shutdown(&self, timeout: Duration) {
        self.0.begin_close(timeout);
    }

    /// Sends what waits, then ends. False if items were lost thereby.
    pub(crate) fn shutdown(&self, timeout: Duration) -> bool {
        self.0.close(timeout)
    }
}

// === impl EndsQueue ===

impl<T> Drop for EndsQueue<T> {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
#[path = "exporter_tests.rs"]
mod tests;
