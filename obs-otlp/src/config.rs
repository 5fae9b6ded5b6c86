//! What an exporter is started from.

use std::{fmt, time::Duration};

use metrics::Recorder;
use obs_base::{InitError, ServiceInfo, environment::Env};

use crate::Budget;

/// Everything that the start of an exporter needs.
#[derive(Clone, Copy)]
pub struct ExporterConfig<'a> {
    /// The resource of what is exported.
    pub service: &'a ServiceInfo,
    /// The bytes that the queues of one instance share.
    pub budget: &'a Budget,
    /// The settings from code.
    pub code: CodeSettings<'a>,
    /// The environment, for what code leaves open.
    pub env: Env<'a>,
    /// Where lost items are counted.
    pub recorder: &'a dyn Recorder,
}

/// The settings of one signal from code; they beat the environment.
#[derive(Clone, Copy, Debug, Default)]
pub struct CodeSettings<'a> {
    /// The collector, as a base URL.
    pub endpoint: Option<&'a str>,
    /// Whether to export.
    pub export: Option<bool>,
    /// The longest time that an item waits for its batch to fill.
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
