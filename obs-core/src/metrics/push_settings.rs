//! What is said about a push.

use std::time::Duration;

use obs_base::InitError;

use crate::environment::Env;

/// Whether metrics are pushed, how often, and which.
#[derive(Clone, Debug, Default)]
pub(crate) struct PushSettings {
    /// Whether code enables it.
    pub(crate) export: Option<bool>,
    pub(crate) interval: Option<Duration>,
    /// Whether the instruments that the conventions leave to choice are pushed too.
    pub(crate) opt_in: bool,
    /// What names begin with, if not all are pushed.
    pub(crate) only: Option<Vec<String>>,
}

// === impl PushSettings ===

impl PushSettings {
    /// # Errors
    ///
    /// If the interval can't be.
    pub(super) fn validate(&self, env: Env<'_>) -> Result<(), InitError> {
        if self.only.as_ref().is_some_and(Vec::is_empty) {
            env.notice("otlp_metrics_only has no prefix: no metric is pushed");
        }
        match self.interval {
            Some(interval) if interval < Duration::from_millis(1) => {
                let given = format_args!("{interval:?}");
                Err(InitError::invalid(
                    "otlp_metrics_interval",
                    given,
                    "at least a millisecond",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether a metric of this name is pushed.
    pub(super) fn takes(&self, name: &str) -> bool {
        let only = self.only.as_deref();
        only.is_none_or(|only| only.iter().any(|front| name.starts_with(front.as_str())))
    }
}
