//! Settings of the export by OTLP.

use super::ObsBuilder;
use crate::otlp::{Otlp, Signal};

// === impl ObsBuilder ===

impl ObsBuilder {
    /// The base URL of the collector for OTLP, such as `http://localhost:4318`: short for [`otlp`](Self::otlp) with
    /// [`Otlp::endpoint`].
    ///
    /// Spans are sent there, and log records and metrics if their export is turned on. Defaults to
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and the variables of each signal; nothing is exported if these are not set either.
    pub fn otlp_endpoint(self, url: impl Into<String>) -> Self {
        self.otlp(Otlp::new().endpoint(url))
    }

    /// Where and how all signals are exported: endpoint, headers, protocol, compression, timeouts, queue.
    ///
    /// A second call replaces the settings that its value has, and keeps the others. All headers together are one
    /// setting. Defaults to the environment, see [`environment`](crate::environment).
    ///
    /// ```
    /// use obs_core::{Obs, otlp::Otlp};
    ///
    /// let builder = Obs::builder("payment-service")
    ///     .otlp(Otlp::new().endpoint("http://collector:4318").header("api-key", "kNTxrHHGqKmkWAeD"));
    /// # drop(builder);
    /// ```
    pub fn otlp(mut self, otlp: Otlp) -> Self {
        self.otlp.set(otlp);
        self
    }

    /// Where and how one signal is exported. These settings take precedence over those of [`otlp`](Self::otlp), in
    /// whichever order the two are called. An endpoint turns the export of the signal on, and is used as it is,
    /// without an added path. A second call for the same signal replaces the settings that its value has. Defaults to
    /// the environment variables of the signal.
    ///
    /// ```
    /// use obs_core::{
    ///     Obs,
    ///     otlp::{Otlp, Signal},
    /// };
    ///
    /// let builder = Obs::builder("payment-service")
    ///     .otlp_endpoint("http://collector:4318")
    ///     .otlp_for(Signal::Logs, Otlp::new().endpoint("http://loki:3100/otlp/v1/logs"));
    /// # drop(builder);
    /// ```
    pub fn otlp_for(mut self, signal: Signal, otlp: Otlp) -> Self {
        self.otlp.set_for(signal, otlp);
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
    /// [`Otlp::queue`] also limits the number of queued items. A message has at most 3 MiB before compression; one that
    /// the collector refuses for its size is sent again in two halves. A single span or record above that size is
    /// dropped with the reason `too_large`.
    pub fn export_queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = Some(bytes);
        self
    }
}
