//! The exporter of a signal that this build lacks, or of all without a transport: there is none, and no code for it.

use std::{convert::Infallible, marker::PhantomData, time::Duration};

use obs_base::{InitError, environment::Env};

use crate::{CodeSettings, ExporterConfig, wanted::export_of};

/// An exporter; without the features that it needs there is none.
#[derive(Debug)]
pub struct Exporter<T>(Infallible, PhantomData<T>);

#[cfg(not(any(feature = "http", feature = "grpc")))]
pub use spans::{check_spans, start_spans};

#[cfg(not(all(feature = "logs", any(feature = "http", feature = "grpc"))))]
pub use logs::{check_logs, start_logs};

#[cfg(not(all(feature = "metrics", any(feature = "http", feature = "grpc"))))]
pub use metrics::{check_metrics, start_metrics};

// === impl Exporter ===

impl<T> Exporter<T> {
    /// Takes an item.
    pub fn push(&self, _: T) {
        match self.0 {}
    }

    /// Takes an item if there is room.
    pub fn offer(&self, _: T) {
        match self.0 {}
    }

    /// Sends what waits.
    #[must_use]
    pub fn flush(&self, _: Duration) -> bool {
        match self.0 {}
    }

    /// Starts the shutdown.
    pub fn begin_shutdown(&self, _: Duration) {
        match self.0 {}
    }

    /// Sends what waits, then ends.
    #[must_use]
    pub fn shutdown(&self, _: Duration) -> bool {
        match self.0 {}
    }
}

#[cfg(not(any(feature = "http", feature = "grpc")))]
mod spans {
    use opentelemetry_sdk::trace::SpanData;

    use super::{CodeSettings, Env, Exporter, ExporterConfig, InitError, export_of};
    use crate::{HeapSize, signal::TRACES};

    /// Checks the settings of the exporter of spans.
    ///
    /// # Errors
    ///
    /// If code requests the export.
    pub fn check_spans(code: CodeSettings<'_>, env: Env<'_>) -> Result<(), InitError> {
        export_of(&TRACES, code, env).map(drop)
    }

    /// Starts nothing.
    ///
    /// # Errors
    ///
    /// As [`check_spans`].
    pub fn start_spans<T: HeapSize + Send + 'static>(
        config: &ExporterConfig<'_>,
        _: impl Fn(T) -> SpanData + Send + 'static,
    ) -> Result<Option<Exporter<T>>, InitError> {
        check_spans(config.code, config.env).map(|()| None)
    }
}

#[cfg(not(all(feature = "logs", any(feature = "http", feature = "grpc"))))]
mod logs {
    use super::{CodeSettings, Env, Exporter, ExporterConfig, InitError, export_of};
    use crate::{LogRecord, signal::LOGS};

    /// Checks the settings of the exporter of log records.
    ///
    /// # Errors
    ///
    /// If code requests the export.
    pub fn check_logs(code: CodeSettings<'_>, env: Env<'_>) -> Result<(), InitError> {
        export_of(&LOGS, code, env).map(drop)
    }

    /// Starts nothing.
    ///
    /// # Errors
    ///
    /// As [`check_logs`].
    pub fn start_logs(config: &ExporterConfig<'_>) -> Result<Option<Exporter<Box<LogRecord>>>, InitError> {
        check_logs(config.code, config.env).map(|()| None)
    }
}

#[cfg(not(all(feature = "metrics", any(feature = "http", feature = "grpc"))))]
mod metrics {
    use super::{CodeSettings, Env, Exporter, ExporterConfig, InitError, export_of};
    use crate::{ReadMetrics, Tick, signal::METRICS};

    /// Checks the settings of the exporter of metrics.
    ///
    /// # Errors
    ///
    /// If code requests the export.
    pub fn check_metrics(code: CodeSettings<'_>, env: Env<'_>) -> Result<(), InitError> {
        export_of(&METRICS, code, env).map(drop)
    }

    /// Starts nothing.
    ///
    /// # Errors
    ///
    /// As [`check_metrics`].
    pub fn start_metrics(
        config: &ExporterConfig<'_>,
        _: impl FnOnce() -> Box<dyn ReadMetrics>,
    ) -> Result<Option<Exporter<Tick>>, InitError> {
        check_metrics(config.code, config.env).map(|()| None)
    }
}
