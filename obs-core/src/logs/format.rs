//! How lines look.

use std::{env, ffi::OsStr};

use super::profile::{LogProfile, LogTime, Profiled};
use crate::environment::Env;

/// The environment variable with the format.
const FORMAT: &str = "OBS_LOG_FORMAT";

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogFormat {
    /// One JSON object a line, for log collectors, or what else the [`LogProfile`] says.
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
    /// The profile and the time of obs.
    Json,
    Pretty {
        color: bool,
    },
    /// Another profile or another time.
    Profiled(Profiled),
}

/// How keys and values stand on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Json,
    Logfmt,
    /// For people.
    Terminal,
}

// === impl Style ===

impl Style {
    /// Whether lines are read by programs.
    #[inline]
    pub(super) fn is_for_machines(self) -> bool {
        !matches!(self, Self::Pretty { .. })
    }

    #[inline]
    pub(super) fn syntax(self) -> Syntax {
        match self {
            Self::Json => Syntax::Json,
            Self::Pretty { .. } => Syntax::Terminal,
            Self::Profiled(profiled) => profiled.syntax(),
        }
    }

    /// Whether a line in this style may have this key itself.
    pub(super) fn has_key(self, name: &str) -> bool {
        match self {
            Self::Profiled(profiled) => profiled.has_key(name),
            Self::Json | Self::Pretty { .. } => Profiled::default().has_key(name),
        }
    }
}

// === impl LogFormat ===

impl LogFormat {
    /// The format of the code, else of the environment, else the default.
    pub(super) fn decided(code: Option<Self>, env: Env<'_>) -> Self {
        let words = [("json", Self::Json), ("pretty", Self::Pretty), ("auto", Self::Auto)];
        code.or_else(|| env.keyword([FORMAT], &words, "json, pretty or auto"))
            .unwrap_or_default()
    }

    /// Decides for a target that is a terminal, or not.
    pub(super) fn style(self, profiled: Profiled, terminal: bool) -> Style {
        let style = self.decide(
            terminal,
            env::var_os("NO_COLOR").as_deref(),
            env::var_os("TERM").as_deref(),
        );
        match (style, profiled) {
            (
                Style::Json,
                Profiled {
                    profile: LogProfile::Obs,
                    time: LogTime::Rfc3339Micros,
                },
            )
            | (Style::Pretty { .. }, _) => style,
            (Style::Json | Style::Profiled(_), profiled) => Style::Profiled(profiled),
        }
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
        assert_eq!(LogFormat::default().style(Profiled::default(), false), Style::Json);
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

    #[test]
    fn another_profile_or_time_is_for_machines_alone() {
        let millis = Profiled {
            time: LogTime::UnixMillis,
            ..Profiled::default()
        };
        assert_eq!(LogFormat::Json.style(millis, true), Style::Profiled(millis));
        assert!(matches!(LogFormat::Pretty.style(millis, false), Style::Pretty { .. }));
    }

    #[test]
    fn the_format_of_the_environment_counts_where_code_gives_none() {
        let read = |name: &str| (name == FORMAT).then(|| "Pretty".to_owned());
        let env = Env::without_notices(&read);
        assert_eq!(LogFormat::decided(None, env), LogFormat::Pretty);
        assert_eq!(LogFormat::decided(Some(LogFormat::Json), env), LogFormat::Json);
        let none = |_: &str| None;
        assert_eq!(LogFormat::decided(None, Env::without_notices(&none)), LogFormat::Auto);
    }
}
