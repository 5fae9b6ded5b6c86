//! Which spans and events of `tracing` become spans and events of the trace.

use obs_base::InitError;
use tracing::{
    Metadata,
    metadata::{LevelFilter, ParseLevelFilterError},
};
use tracing_subscriber::filter::Targets;

use crate::environment::Env;

/// What code calls the directives.
const SETTING: &str = "span_filter";
/// The environment variable with the directives.
const VARIABLE: &str = "OBS_SPAN_FILTER";
/// The level without any directive.
const DEFAULT: LevelFilter = LevelFilter::INFO;

/// Directives that have been read: a level for each target.
#[derive(Clone, Debug)]
pub(super) struct SpanFilter {
    targets: Targets,
    /// The most verbose level that any target has.
    max: LevelFilter,
}

// === impl SpanFilter ===

impl SpanFilter {
    /// The filter of the code, else of the environment, else the default.
    ///
    /// # Errors
    ///
    /// If code gives a directive that is malformed. One of the environment is ignored with a notice.
    pub(super) fn from_settings(code: Option<&str>, env: Env<'_>) -> Result<Self, InitError> {
        if let Some(directives) = code {
            return Self::read(directives).map_err(|expected| InitError::invalid(SETTING, directives, expected));
        }
        let Some(directives) = env.get(VARIABLE) else {
            return Ok(Self::default());
        };
        Ok(Self::read(&directives).unwrap_or_else(|expected| {
            env.ignore(VARIABLE, &directives, expected);
            Self::default()
        }))
    }

    /// Reads directives such as `info,my_crate::db=debug`; an error says what is expected and where.
    fn read(directives: &str) -> Result<Self, String> {
        let (mut targets, mut max, mut is_empty) = (Targets::new(), LevelFilter::OFF, true);
        let mut position = 1;
        for directive in directives.split(',') {
            let (at, trimmed) = (position, directive.trim());
            position += directive.chars().count() + 1;
            if trimmed.is_empty() {
                continue;
            }
            let Some((target, level)) = parsed(trimmed) else {
                let at = at + directive.chars().take_while(|c| c.is_whitespace()).count();
                return Err(format!(
                    "levels (off, error, warn, info, debug, trace) and target=level, as in \"info,my_crate::db=debug\"; \
                     {trimmed:?} at character {at} is neither"
                ));
            };
            targets = match target {
                Some(target) => targets.with_target(target, level),
                None => targets.with_default(level),
            };
            max = max.max(level);
            is_empty = false;
        }
        Ok(if is_empty {
            Self::default()
        } else {
            Self { targets, max }
        })
    }

    /// Whether a span or an event is taken.
    #[inline]
    pub(super) fn takes(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.max && self.targets.would_enable(metadata.target(), metadata.level())
    }

    /// The most verbose level that is taken from any target.
    pub(super) fn max(&self) -> LevelFilter {
        self.max
    }
}

/// A level, or a target and its level.
fn parsed(directive: &str) -> Option<(Option<&str>, LevelFilter)> {
    let level = |text: &str| -> Result<LevelFilter, ParseLevelFilterError> { text.trim().parse() };
    let Some((target, given)) = directive.split_once('=') else {
        return Some((None, level(directive).ok()?));
    };
    let target = target.trim();
    let is_target = !target.is_empty() && !target.contains(|c: char| c.is_whitespace() || "[]{}\"".contains(c));
    is_target.then_some((Some(target), level(given).ok()?))
}

impl Default for SpanFilter {
    fn default() -> Self {
        Self {
            targets: Targets::new().with_default(DEFAULT),
            max: DEFAULT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Notices;

    fn takes(filter: &SpanFilter, target: &str, level: LevelFilter) -> bool {
        level
            .into_level()
            .is_some_and(|level| level <= filter.max && filter.targets.would_enable(target, &level))
    }

    #[test]
    fn targets_have_the_level_of_the_longest_directive_that_names_them() {
        let filter = SpanFilter::read(" warn, my_crate=debug ,my_crate::noisy=off,").unwrap();
        for (target, level, expected) in [
            ("other", LevelFilter::WARN, true),
            ("other", LevelFilter::INFO, false),
            ("my_crate::db", LevelFilter::DEBUG, true),
            ("my_crate::db", LevelFilter::TRACE, false),
            ("my_crate::noisy", LevelFilter::ERROR, false),
        ] {
            assert_eq!(takes(&filter, target, level), expected, "{target} {level}");
        }
        assert_eq!(filter.max(), LevelFilter::DEBUG);
    }

    #[test]
    fn targets_that_are_not_named_need_a_level_of_their_own() {
        let filter = SpanFilter::read("my_crate=debug").unwrap();
        assert!(!takes(&filter, "other", LevelFilter::ERROR));
        for blank in ["", " , "] {
            let filter = SpanFilter::read(blank).unwrap();
            assert!(takes(&filter, "other", LevelFilter::INFO) && !takes(&filter, "other", LevelFilter::DEBUG));
        }
    }

    #[test]
    fn a_malformed_directive_is_an_error_with_its_value_and_position() {
        let notices = Notices::default();
        let env = Env::new(&|_| None, &notices);
        for (given, bad, position) in [
            ("verbose", "verbose", 1),
            ("info, my_crate=loud", "my_crate=loud", 7),
            ("info,é=info,=debug", "=debug", 13),
            ("info,my_crate[span]=debug", "my_crate[span]=debug", 6),
            ("a=b=info", "a=b=info", 1),
        ] {
            let error = SpanFilter::from_settings(Some(given), env).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("span_filter is {given:?}, expected levels")),
                "{error}"
            );
            assert!(
                error.contains(&format!("{bad:?} at character {position} is neither")),
                "{error}"
            );
        }
    }

    #[test]
    fn the_environment_is_asked_where_code_gives_none_and_never_stops_the_start() {
        let notices = Notices::default();
        let read = |name: &str| (name == VARIABLE).then(|| "debug".to_owned());
        let env = Env::new(&read, &notices);
        assert_eq!(SpanFilter::from_settings(None, env).unwrap().max(), LevelFilter::DEBUG);
        assert_eq!(
            SpanFilter::from_settings(Some("off"), env).unwrap().max(),
            LevelFilter::OFF
        );
        let read = |_: &str| Some("info,loud".to_owned());
        let env = Env::new(&read, &notices);
        assert_eq!(SpanFilter::from_settings(None, env).unwrap().max(), LevelFilter::INFO);
        let told = notices.take().concat();
        assert!(
            told.contains("OBS_SPAN_FILTER") && told.contains("\"loud\" at character 6"),
            "{told}"
        );
    }
}
