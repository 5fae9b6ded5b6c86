//! Notices about settings.

use std::{
    mem,
    sync::{Mutex, PoisonError},
};

use obs_conventions::names::target;

/// What a user should know about the settings, such as a variable that can't be read. Each notice is kept once, until a
/// subscriber is there to log it.
#[derive(Debug, Default)]
pub struct Notices(Mutex<Vec<String>>);

// === impl Notices ===

impl Notices {
    /// Adds a notice, unless it is there already: settings are checked before they are used, and signals share some.
    pub fn add(&self, notice: String) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&notice) {
            all.push(notice);
        }
    }

    /// Logs all notices as warnings to the current subscriber, and removes them.
    pub fn log(&self) {
        for notice in self.take() {
            tracing::warn!(target: target::OBS, "{notice}");
        }
    }

    /// Whether there is no notice.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Removes all notices and returns them.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
