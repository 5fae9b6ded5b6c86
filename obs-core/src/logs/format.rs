//! How lines look.

use std::{env, ffi::OsStr};

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogFormat {
    /// One JSON object a line, for log collectors.
    Json,
    /// One line of text for people.
    ///
    /// In colour when it goes to a terminal and the environment variable
    /// [`NO_COLOR`](https://no-color.org) is empty or unset.
    Pretty,
    /// [`Pretty`](Self::Pretty) when lines go to stdout or stderr and that is a terminal, else
    /// [`Json`](Self::Json). The default.
    #[default]
    Auto,
}

/// A format that has been decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Json,
    Pretty { color: bool },
}

// === impl Style ===

impl Style {
    /// Whether lines are read by programs.
    #[inline]
    pub(super) fn is_for_machines(self) -> bool {
        !matches!(self, Self::Pretty { .. })
    }
}

// === impl LogFormat ===

impl LogFormat {
    /// Decides for a target that is a terminal, or not.
    pub(super) fn style(self, terminal: bool) -> Style {
        self.decide(
            terminal,
            env::var_os("NO_COLOR").as_deref(),
            env::var_os("TERM").as_deref(),
        )
    }

    fn decide(self, terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> Style {
        let color = terminal && no_color.is_none_or(OsStr::is_empty) && term != Some(OsStr::new("dumb"));
        match self {
            Self::Json => Style::Json,
            Self::Auto if !terminal => Style::Json,
            Self::Auto | Self::Pretty => Style::Pretty { color },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_is_pretty_on_terminals_only() {
        assert_eq!(LogFormat::Auto.decide(true, None, None), Style::Pretty { color: true });
        assert_eq!(LogFormat::Auto.decide(false, None, None), Style::Json);
        assert_eq!(LogFormat::Json.decide(true, None, None), Style::Json);
        assert_eq!(
            LogFormat::Pretty.decide(false, None, None),
            Style::Pretty { color: false }
        );
        assert_eq!(LogFormat::default().style(false), Style::Json);
    }

    #[test]
    fn no_color_is_honoured_when_it_is_not_empty() {
        let on = Some(OsStr::new("1"));
        assert_eq!(LogFormat::Pretty.decide(true, on, None), Style::Pretty { color: false });
        assert_eq!(
            LogFormat::Pretty.decide(true, Some(OsStr::new("")), None),
            Style::Pretty { color: true }
        );
        assert_eq!(
            LogFormat::Pretty.decide(true, None, Some(OsStr::new("dumb"))),
            Style::Pretty { color: false }
        );
    }
}
