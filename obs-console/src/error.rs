//! Why a console can't be made.

use std::{borrow::Cow, error::Error, fmt};

/// A setting of a [`ConsoleBuilder`](crate::ConsoleBuilder) that is refused. Its text names the setting and what is
/// expected; it shows no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleError {
    setting: &'static str,
    expected: Cow<'static, str>,
}

// === impl ConsoleError ===

impl ConsoleError {
    pub(crate) fn invalid(setting: &'static str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self {
            setting,
            expected: expected.into(),
        }
    }
}

impl fmt::Display for ConsoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of the console is invalid, expected {}",
            self.setting, self.expected
        )
    }
}

impl Error for ConsoleError {}
