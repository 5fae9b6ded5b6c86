//! The configuration of an exporter.

use std::{fmt, time::Duration};

use metrics::Recorder;
use obs_base::{ServiceInfo, environment::Env};

use crate::{Budget, OtlpSettings, code::UNSET};

/// The configuration of the exporter of one signal, which [`start_spans`](crate::start_spans) and the other functions
/// take. [`Exporter`](crate::Exporter) shows it in an example.
#[derive(Clone, Copy)]
pub struct ExporterConfig<'a> {
    /// The identity of the service, sent as the resource.
    pub service: &'a ServiceInfo,
    /// The memory budget that the queues of one instance share.
    pub budget: &'a Budget,
    /// The settings from code.
    pub code: CodeSettings<'a>,
    /// The environment, for settings that code doesn't set.
    pub env: Env<'a>,
    /// The recorder of the metrics of lost items.
    pub recorder: &'a dyn Recorder,
}

/// The settings of one signal in code. They take precedence over the environment.
#[derive(Clone, Copy, Debug)]
pub struct CodeSettings<'a> {
    /// The endpoint, transport, queue and timeouts, for all signals and for each.
    pub otlp: &'a OtlpSettings,
    /// Whether the signal is exported; `None` leaves the decision to the environment.
    pub export: Option<bool>,
    /// The time between two pushes of metrics; other signals ignore it.
    pub interval: Option<Duration>,
}

impl Default for CodeSettings<'_> {
    fn default() -> Self {
        Self {
            otlp: &UNSET,
            export: None,
            interval: None,
        }
    }
}

impl fmt::Debug for ExporterConfig<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExporterConfig")
            .field("service", &self.service)
            .field("budget", &self.budget)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}
