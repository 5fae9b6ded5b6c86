//! Notices about settings.

use std::{
    mem,
    sync::{Mutex, PoisonError},
};

use obs_conventions::names::target;

/// Messages about settings for the operator, such as an invalid environment variable.
///
/// They are collected while settings are read, when no subscriber is installed yet, and logged afterwards. Each message
/// is collected once.
#[derive(Debug, Default)]
pub struct Notices(Mutex<Vec<String>>);

// === impl Notices ===

impl Notices {
    /// Adds a notice, unless it was added before: settings are read more than once, and signals share some.
    pub fn add(&self, notice: String) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&notice) {
            all.push(notice);
        }
    }

    /// Logs all notices as warnings to the current subscriber (target `obs`), and removes them.
    ///
    /// Called once the subscriber is installed. The lock is not held while they are logged.
    pub fn log(&self) {
        for notice in self.take() {
            tracing::warn!(target: target::OBS, "{notice}");
        }
    }

    /// Whether nothing was added since the last [`log`](Self::log) or [`take`](Self::take).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Removes all notices and returns them, in the order in which they were added.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
