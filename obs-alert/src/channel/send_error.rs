//! Why a notification was not taken.

use std::{fmt, time::Duration};

/// Why a notification was not taken. Its text has no secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SendError {
    message: String,
    is_final: bool,
    retry_after: Option<Duration>,
}

// === impl SendError ===

impl SendError {
    /// It may go well the next time.
    pub(crate) fn transient(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_final: false,
            retry_after: None,
        }
    }

    /// It will never go well.
    pub(crate) fn lasting(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_final: true,
            retry_after: None,
        }
    }

    /// Asked to wait before the next attempt.
    pub(crate) fn wait(mut self, span: Option<Duration>) -> Self {
        self.retry_after = span;
        self
    }

    pub(crate) const fn is_final(&self) -> bool {
        self.is_final
    }

    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
