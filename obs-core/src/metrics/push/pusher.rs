//! The handle to the thread that pushes.

use std::time::Duration;

use ::metrics::Recorder;

use obs_base::{InitError, ServiceInfo};
use obs_otlp::{
    Budget, CodeSettings, ExporterConfig, MetricsExporter, OtlpSettings, ReadMetrics, Tick, check_metrics,
    start_metrics,
};

use super::message::RegistryReader;
use crate::{
    environment::Env,
    metrics::{Push, Registry, push_settings::PushSettings},
};

/// Pushes a registry to a collector until it is dropped.
#[derive(Debug)]
pub(crate) struct Pusher {
    exporter: MetricsExporter<Tick>,
    push: Push,
}

// === impl Pusher ===

impl Pusher {
    /// Checks the settings.
    pub(crate) fn check(otlp: &OtlpSettings, settings: &PushSettings, env: Env<'_>) -> Result<(), InitError> {
        settings.validate(env)?;
        check_metrics(from_code(otlp, settings), env)
    }

    /// Starts the push that the settings enable: none without a collector. Pushes that fail are counted by
    /// `recorder`.
    pub(crate) fn start(
        registry: &Registry,
        service: &ServiceInfo,
        (otlp, budget): (&OtlpSettings, &Budget),
        settings: &PushSettings,
        env: Env<'_>,
        recorder: &dyn Recorder,
    ) -> Result<Option<Self>, InitError> {
        let reader = || -> Box<dyn ReadMetrics> {
            Box::new(RegistryReader {
                registry: registry.clone(),
                settings: settings.clone(),
            })
        };
        let config = ExporterConfig {
            service,
            budget,
            code: from_code(otlp, settings),
            env,
            recorder,
        };
        let exporter = start_metrics(&config, reader)?;
        let push = Push {
            registry: registry.clone(),
            opt_in: settings.opt_in,
        };
        Ok(exporter.map(|exporter| Self { exporter, push }))
    }

    /// What layers need to know.
    pub(crate) fn push(&self) -> &Push {
        &self.push
    }

    /// Pushes once more. False if that did not succeed within `timeout`.
    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        self.exporter.offer(Tick);
        self.exporter.flush(timeout)
    }

    /// Waits for the pushes that were requested so far.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        self.exporter.flush(timeout)
    }

    /// Starts what [`shutdown`](Self::shutdown) waits for.
    pub(crate) fn begin_shutdown(&self, timeout: Duration) {
        self.exporter.offer(Tick);
        self.exporter.begin_shutdown(timeout);
    }

    /// Pushes for the last time and ends the thread. False if that did not succeed within `timeout`.
    pub(crate) fn shutdown(&self, timeout: Duration) -> bool {
        self.exporter.shutdown(timeout)
    }
}

impl Drop for Pusher {
    fn drop(&mut self) {
        // The instance is dropped; the last push is that of the shutdown.
        self.exporter.begin_shutdown(Duration::ZERO);
    }
}

fn from_code<'a>(otlp: &'a OtlpSettings, settings: &PushSettings) -> CodeSettings<'a> {
    CodeSettings {
        otlp,
        export: settings.export,
        interval: settings.interval,
    }
}
