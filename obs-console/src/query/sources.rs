//! What answers are made of.

use obs_alert::AlertManager;
use obs_core::Obs;

/// The sources of all answers.
#[derive(Debug)]
pub struct Sources {
    obs: Obs,
    alerts: Option<AlertManager>,
    /// The most bytes of the history of metrics.
    history_bytes: usize,
}

// === impl Sources ===

impl Sources {
    /// The sources of an instance, with a history of at most `history_bytes`.
    #[must_use]
    pub fn new(obs: Obs, alerts: Option<AlertManager>, history_bytes: usize) -> Self {
        Self {
            obs,
            alerts,
            history_bytes,
        }
    }

    /// The instance.
    #[must_use]
    pub fn obs(&self) -> &Obs {
        &self.obs
    }

    /// Its alerts.
    #[must_use]
    pub fn alerts(&self) -> Option<&AlertManager> {
        self.alerts.as_ref()
    }

    /// The most bytes of the history of metrics.
    #[must_use]
    pub fn history_bytes(&self) -> usize {
        self.history_bytes
    }
}
