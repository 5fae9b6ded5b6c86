//! `Obs`: the handle that owns a pipeline.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use obs_base::ShutdownError;
use tracing::Subscriber;
use tracing_subscriber::{
    Layer,
    layer::{Identity, SubscriberExt as _},
    registry::LookupSpan,
};

use super::{Pipeline, is_installed};
use crate::{
    context::{Instance as _, InstanceRef, Ownership, RequestContext, set_thread_default},
    deadline,
    environment::Notices,
    headers::{Extracted, HeaderReader},
    logs::{LineFeed, wait_for_reports},
    metrics::Registry,
    propagation::extract_for,
    recorder::FlightRecorder,
};

/// The timeout of the flush when the last handle is dropped.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);
/// The timeout of the flush when the last handle is dropped after a shutdown.
const LATE_TIMEOUT: Duration = Duration::from_millis(50);
/// The fraction of a shutdown's timeout that the export to the collector may use.
const EXPORT_SHARE: f64 = 0.8;

/// Logs, metrics and traces of one service.
///
/// The handle and its clones own the pipeline: dropping the last one flushes it, for at most two seconds, or 50 ms
/// after a [`shutdown`](Self::shutdown). Layers and the process-wide default share parts of the pipeline, but don't
/// keep it open, so hold the handle until the end of `main`.
///
/// ```
/// use obs_core::Obs;
///
/// let obs = Obs::builder("payment-service").version("1.4.2").log_writer(std::io::sink()).build()?;
/// obs.shutdown(std::time::Duration::from_secs(2))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Obs {
    inner: Arc<Inner>,
}

/// The state that all handles share, dropped with the last of them.
#[derive(Debug)]
struct Inner {
    pipeline: Arc<Pipeline>,
    /// The listener of the metrics page, if there is one.
    listener: Option<Box<dyn Listener>>,
    /// Whether [`Obs::shutdown`] was called.
    is_shut_down: AtomicBool,
}

/// A thread that serves the metrics page on an address of its own, until it is stopped or dropped.
pub(crate) trait Listener: fmt::Debug + Send + Sync {
    /// The address that it listens on.
    #[cfg(feature = "serve-metrics")]
    fn addr(&self) -> std::net::SocketAddr;

    /// Stops the thread and frees the address; returns whether that was done within `timeout`.
    fn stop(&self, timeout: Duration) -> bool;
}

// === impl Obs ===

impl Obs {
    /// The handle of a pipeline, and of the listener that serves its page.
    pub(crate) fn new(pipeline: Arc<Pipeline>, listener: Option<Box<dyn Listener>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                pipeline,
                listener,
                is_shut_down: AtomicBool::new(false),
            }),
        }
    }

    #[cfg(feature = "serve-metrics")]
    pub(crate) fn listener(&self) -> Option<&dyn Listener> {
        self.inner.listener.as_deref()
    }

    /// Logs the notices about settings to this instance, whose subscriber may not be installed yet.
    pub(crate) fn log_notices(&self, notices: &Notices) {
        if !notices.is_empty() {
            let subscriber = tracing_subscriber::registry().with(self.subscriber_layer());
            tracing::subscriber::with_default(subscriber, || notices.log());
        }
    }

    pub(crate) fn pipeline(&self) -> Arc<Pipeline> {
        Arc::clone(&self.inner.pipeline)
    }

    /// The flight recorder: what is running, and what has ended lately, see [`recorder`](crate::recorder).
    #[must_use]
    pub fn recorder(&self) -> &FlightRecorder {
        self.inner.pipeline.tracing.flight_recorder()
    }

    /// The newest log lines, for a page or program that shows them as they come; see [`LineFeed`].
    #[must_use]
    pub fn lines(&self) -> LineFeed {
        let logs = self.inner.pipeline.logs.as_ref();
        logs.map(|logs| logs.feed().clone()).unwrap_or_default()
    }

    /// The registry behind the metrics page.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.inner.pipeline.registry
    }

    /// Adds the metrics `tokio_*` of a tokio runtime (tasks, queues, busy time) to the page, with `name` as the label
    /// `runtime`. The values of runtimes with the same name are summed.
    ///
    /// The runtime in which `init` or `build` is called is watched as `main`; if they are called outside of a runtime,
    /// the one that answers the first scrape is. actix-web has a runtime for each worker, which has to be added when
    /// the worker starts.
    ///
    /// ```no_run
    /// # fn configure(obs: obs_core::Obs) {
    /// // In the closure that actix-web's `HttpServer::new` takes, which runs once in each worker:
    /// obs.watch_runtime("worker", &tokio::runtime::Handle::current());
    /// # }
    /// ```
    #[cfg(feature = "tokio-metrics")]
    pub fn watch_runtime(&self, name: &str, runtime: &tokio::runtime::Handle) {
        if let Some(saturation) = crate::saturation::Saturation::of(self.registry()) {
            saturation.watch_runtime(name, runtime);
        }
    }

    /// A new context in this instance, for work without an HTTP request, such as a job or a message from a queue.
    /// [`RequestContext::start`] makes one in the process-wide default.
    ///
    /// ```
    /// # async fn close_abandoned_carts() {}
    /// # async fn job(obs: &obs_core::Obs) {
    /// obs_core::context::scope(obs.start_context(), close_abandoned_carts()).await;
    /// # }
    /// ```
    #[must_use]
    pub fn start_context(&self) -> RequestContext {
        RequestContext::start_in(Some(self.inner.job()))
    }

    /// Makes this instance the one of what happens on this thread outside of requests and jobs, until the thread ends:
    /// events, spans, jobs, `metrics::counter!` and its kin. Without it, they belong to the process-wide default.
    ///
    /// For processes with several instances, in which threads serve one of them. What happens within a request or a
    /// job belongs to the instance of that, on every thread.
    ///
    /// ```
    /// # use obs_core::Obs;
    /// # fn serve() {}
    /// # fn start(obs: Obs) -> std::io::Result<()> {
    /// let runtime = tokio::runtime::Builder::new_multi_thread()
    ///     .enable_all()
    ///     // Also on the threads of `spawn_blocking`.
    ///     .on_thread_start(move || obs.make_thread_default())
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn make_thread_default(&self) {
        set_thread_default(self.inner.pipeline.instance.clone());
    }

    /// [`propagation::extract`](crate::propagation::extract) with the formats that this instance reads.
    #[must_use]
    pub fn extract(&self, headers: &(impl HeaderReader + ?Sized)) -> Extracted {
        extract_for(Some(&self.inner.pipeline.instance), headers)
    }

    /// A new context in this instance for a message from a queue, which continues the trace of its producer.
    /// [`RequestContext::continue_from`] makes one in the process-wide default.
    #[must_use]
    pub fn continue_context(&self, producer: &Extracted) -> RequestContext {
        RequestContext::continue_in(Some(self.inner.job()), producer)
    }

    /// A new context in this instance for messages from a queue, which is linked to the spans of their producers.
    /// [`RequestContext::linked_to`] makes one in the process-wide default.
    #[must_use]
    pub fn linked_context<'a>(&self, producers: impl IntoIterator<Item = &'a Extracted>) -> RequestContext {
        RequestContext::linked_in(Some(self.inner.job()), producers)
    }

    /// The layer of this instance for a subscriber of the application.
    ///
    /// It writes `tracing` events as log lines, and exports `tracing` spans as children of the server span.
    /// [`ObsBuilder::init`](crate::ObsBuilder::init) installs it already; add it to one subscriber only, and with its
    /// own type or in a box: in an `Option` or a `Vec` it doesn't learn which subscriber it is part of.
    ///
    /// If a subscriber has the layers of several instances, each event and each span belongs to one of them: that of
    /// the request or job in which it happens; outside of these that of the thread
    /// ([`make_thread_default`](Self::make_thread_default)), else the process-wide default. If the layer of that one is
    /// not part of the subscriber, or if there is none, it belongs to the instance that was started first.
    ///
    /// ```
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let obs = obs_core::Obs::builder("payment-service").log_writer(std::io::sink()).build()?;
    /// let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    /// tracing::subscriber::with_default(subscriber, || tracing::info!("hello"));
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    #[must_use]
    pub fn subscriber_layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let pipeline = &self.inner.pipeline;
        // A box, since an `Option` doesn't pass on to its layer which subscriber it is part of.
        let ownership = Ownership::new(pipeline.instance.id());
        let lines: Box<dyn Layer<S> + Send + Sync> = match &pipeline.logs {
            Some(logs) => Box::new(logs.layer_of(&ownership, pipeline.tracing.max_level())),
            None => Box::new(Identity::new()),
        };
        // Spans come first, so that log lines have the ids of the span around them.
        pipeline.tracing.layer_of(&ownership).and_then(lines)
    }

    /// Exports and writes everything that is queued, and ends the pipeline's threads. Call it at the end of `main`.
    ///
    /// Returns within `timeout`, even if the collector or the writer hangs; [`Duration::MAX`] waits without a limit.
    /// Export may use four fifths of the time, so that log lines are written in any case. Blocks the calling thread,
    /// and needs no async runtime.
    ///
    /// Spans that end afterwards are dropped and counted. Log lines afterwards are written by a new thread. A tracer
    /// provider of the application is flushed, not shut down.
    ///
    /// # Errors
    ///
    /// If something was not flushed in time. Lost data are counted in
    /// `obs_spans_dropped_total`, `obs_log_records_dropped_total`, `obs_metric_pushes_failed_total` and
    /// `obs_log_lines_dropped_total`.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), ShutdownError> {
        if !self.inner.is_shut_down.swap(true, Relaxed) {
            self.inner.report_at_end();
        }
        let start = Instant::now();
        wait_for_reports(timeout);
        let end = deadline(start, timeout);
        let Pipeline {
            tracing, logs, pusher, ..
        } = &*self.inner.pipeline;
        let mut unfinished = Vec::new();
        // A collector that hangs must not use up the time for the last log lines.
        let for_export = timeout.mul_f64(EXPORT_SHARE);
        let export_end = deadline(start, for_export);
        if let Some(logs) = logs {
            logs.begin_shutdown_export(for_export);
        }
        if let Some(pusher) = pusher {
            pusher.begin_shutdown(for_export);
        }
        if !tracing.shutdown(for_export) {
            unfinished.push("traces");
        }
        if logs
            .as_ref()
            .is_some_and(|logs| !logs.shutdown_export(left(export_end)))
        {
            unfinished.push("log export");
        }
        if pusher.as_ref().is_some_and(|pusher| !pusher.shutdown(left(export_end))) {
            unfinished.push("metrics export");
        }
        if logs.as_ref().is_some_and(|logs| !logs.shutdown(left(end))) {
            unfinished.push("logs");
        }
        // Last, so that a scrape sees what the steps before have dropped.
        if self
            .inner
            .listener
            .as_ref()
            .is_some_and(|listener| !listener.stop(left(end)))
        {
            unfinished.push("metrics page");
        }
        ShutdownError::unless_empty(unfinished, timeout)
    }

    /// Exports and writes everything that was recorded so far; the pipeline goes on.
    ///
    /// Recorded are requests that have ended: a request is recorded once the last byte of its answer has been handed to the
    /// server, or its body is dropped. Its metrics are on each page from then on; its line is written within milliseconds,
    /// its span sent within the delay of a batch, unless this or [`shutdown`](Self::shutdown) hurries them. Tests wait with
    /// [`flush_when_idle`](Self::flush_when_idle).
    ///
    /// Call it before the process ends without destructors, as by [`std::process::abort`]; see [the end of a
    /// process](crate::logs#the-end-of-a-process).
    ///
    /// Returns within `timeout`, even if the collector or the writer hangs; [`Duration::MAX`] waits without a limit.
    /// Blocks the calling thread, and needs no async runtime.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let obs = obs_core::Obs::builder("payment-service").log_writer(std::io::sink()).build()?;
    /// obs.flush(Duration::from_millis(500))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If something was not flushed in time, or was lost meanwhile.
    pub fn flush(&self, timeout: Duration) -> Result<(), ShutdownError> {
        let unfinished = self.inner.flush(Instant::now(), timeout);
        ShutdownError::unless_empty(unfinished, timeout)
    }
}

// === impl Inner ===

impl Inner {
    /// The instance for a job in it.
    fn job(&self) -> InstanceRef {
        self.pipeline.connections.report(&self.pipeline);
        self.pipeline.instance.clone()
    }

    /// Reports what the process-wide default is not connected to, and was not when it was used first: jobs in it say
    /// nothing, and OpenTelemetry's globals may have been set since.
    fn report_at_end(&self) {
        if is_installed(&self.pipeline) {
            self.pipeline.connections.report_new(&self.pipeline);
        }
    }

    /// Exports and writes what is queued, within `timeout` from `start`. Returns what was not flushed.
    fn flush(&self, start: Instant, timeout: Duration) -> Vec<&'static str> {
        wait_for_reports(timeout);
        let for_export = timeout.mul_f64(EXPORT_SHARE);
        let export_end = deadline(start, for_export);
        let mut unfinished = Vec::new();
        let Pipeline {
            tracing, logs, pusher, ..
        } = &*self.pipeline;
        // Starts all exports at once; the second calls wait for them.
        if let Some(logs) = logs {
            logs.flush_export(Duration::ZERO);
        }
        if let Some(pusher) = pusher {
            pusher.flush(Duration::ZERO);
        }
        if !tracing.flush(for_export) {
            unfinished.push("traces");
        }
        if logs.as_ref().is_some_and(|logs| !logs.flush_export(left(export_end))) {
            unfinished.push("log export");
        }
        if pusher.as_ref().is_some_and(|pusher| !pusher.wait(left(export_end))) {
            unfinished.push("metrics export");
        }
        if logs
            .as_ref()
            .is_some_and(|logs| !logs.flush(left(deadline(start, timeout))))
        {
            unfinished.push("logs");
        }
        unfinished
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let start = Instant::now();
        // What was not done in the time of a shutdown won't be now: only what came later.
        let timeout = if *self.is_shut_down.get_mut() {
            LATE_TIMEOUT
        } else {
            self.report_at_end();
            DROP_TIMEOUT
        };
        self.flush(start, timeout);
        if let Some(listener) = &self.listener {
            listener.stop(left(deadline(start, timeout)));
        }
    }
}

/// The time from now to `end`.
fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now())
}
