//! What is odd about the settings.

use std::{
    mem,
    sync::{Mutex, PoisonError},
};

use crate::names::target;

/// What users have to hear about their settings, each thing once, as soon as somebody listens.
#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<Vec<String>>);

// === impl Notices ===

impl Notices {
    /// Adds what is not known yet: settings are checked before they are used, and signals share some.
    pub(crate) fn add(&self, notice: String) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&notice) {
            all.push(notice);
        }
    }

    /// Says it to the current subscriber.
    pub(crate) fn tell(&self) {
        for notice in self.take() {
            tracing::warn!(target: target::OBS, "{notice}");
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(crate) fn take(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
