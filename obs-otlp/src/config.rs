//! The configuration of an exporter.

use std::{fmt, time::Duration};

use metrics::Recorder;
use obs_base::{InitError, ServiceInfo, environment::Env};

use crate::Budget;

/// The configuration of the exporter of one signal.
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
#[derive(Clone, Copy, Debug, Default)]
pub struct CodeSettings<'a> {
    /// The base URL of the collector, such as `http://localhost:4318`.
    pub endpoint: Option<&'a str>,
    /// Whether the signal is exported; `None` leaves the decision to the environment.
    pub export: Option<bool>,
    /// The longest time that an item waits in the queue for its batch to fill.
    pub delay: Option<Duration>,
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

/// Refuses an export that code asks for and that needs features which are not enabled. What the environment asks for
/// may be meant for other services, and is ignored.
pub(crate) fn refuse(setting: &'static str, code: CodeSettings<'_>, feature: &str) -> Result<(), InitError> {
    if code.export != Some(true) {
        return Ok(());
    }
    let expected = format!("the feature `{feature}` of obs-core with `otlp-http` or `otlp-grpc`, or false");
    Err(InitError::invalid(setting, true, expected))
}
