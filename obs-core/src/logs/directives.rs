//! The directives of a filter: read, with what of them can't be meant.

use obs_base::{InitError, MissingFeature};
use tracing_core::LevelFilter;
use tracing_subscriber::{Registry, layer::Filter};

use super::matcher::{Matcher, names_span};
use crate::{environment::Env, names::target};

/// The default filter.
const DEFAULT: &str = "info";
/// Whether directives may name spans.
const HAS_SPANS: bool = cfg!(feature = "span-filter");

/// Directives that can be read.
#[derive(Debug)]
pub(super) struct Directives {
    /// Without blanks.
    pub(super) text: String,
    pub(super) matcher: Matcher,
    /// What of them can't be meant.
    pub(super) oddities: Vec<String>,
}

// === impl Directives ===

impl Directives {
    /// Reads directives that `setting` gives; none or blank ones are `info`. If they have something that can't be
    /// meant, they let warnings of obs through, so that this can be told.
    ///
    /// # Errors
    ///
    /// Says which directives are malformed or need a feature, and where they are from.
    pub(super) fn read(setting: &'static str, given: &str) -> Result<Self, InitError> {
        if !HAS_SPANS && names_span(given) {
            return Err(InitError::missing_feature(lacking(setting, given)));
        }
        let parts: Vec<_> = parts(given).collect();
        let mut text = if parts.is_empty() {
            DEFAULT.to_owned()
        } else {
            parts.join(",")
        };
        let read = |text: &str| {
            Matcher::read(text).map_err(|error| {
                let expected = format!("directives such as \"info\" or \"warn,my_crate::db=debug\" ({error})");
                InitError::invalid(setting, given, expected)
            })
        };
        let mut matcher = read(&text)?;
        let mut oddities = oddities(&parts, &matcher);
        if parts.is_empty() && !given.trim().is_empty() {
            oddities.push(format!("no directive, so {DEFAULT} is taken"));
        }
        if !oddities.is_empty() && !is_heard(&parts) {
            text = format!("{text},{}=warn", target::OBS);
            matcher = read(&text)?;
        }
        let oddities = oddities
            .into_iter()
            .map(|oddity| format!("{setting} is {given:?}: {oddity}"))
            .collect();
        Ok(Self {
            text,
            matcher,
            oddities,
        })
    }

    /// Reads the directives of an environment variable. Those that need a feature are left out with a notice, since a
    /// variable that fits another build must not keep this one from starting.
    ///
    /// # Errors
    ///
    /// Says which directives are malformed.
    pub(super) fn of_environment(variable: &'static str, given: &str, env: Env<'_>) -> Result<Self, InitError> {
        if HAS_SPANS || !names_span(given) {
            return Self::read(variable, given);
        }
        env.lacks(lacking(variable, given));
        let without: Vec<_> = parts(given).filter(|part| !names_span(part)).collect();
        Self::read(variable, &without.join(","))
    }

    /// The directives that are probably mistakes, for a warning.
    pub(super) fn oddities(&self) -> &[String] {
        &self.oddities
    }
}

impl Default for Directives {
    fn default() -> Self {
        Self {
            text: DEFAULT.to_owned(),
            matcher: Matcher::all(LevelFilter::INFO),
            oddities: Vec::new(),
        }
    }
}

/// The directives within a list of them, without blanks.
fn parts(given: &str) -> impl Iterator<Item = &str> {
    given.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// That directives which name spans need a feature.
fn lacking<'a>(setting: &'a str, given: &'a str) -> MissingFeature<'a> {
    MissingFeature {
        setting,
        value: given,
        features: &["span-filter"],
    }
}

fn level(part: &str) -> Option<LevelFilter> {
    part.parse().ok()
}

/// Words that are no level, targets that no module has, and filters that let nothing through.
fn oddities(parts: &[&str], matcher: &Matcher) -> Vec<String> {
    let mut oddities = Vec::new();
    for part in parts.iter().filter(|part| level(part).is_none()) {
        let target = part.split(['=', '[']).next().unwrap_or_default();
        if !part.contains(['=', '[', ':']) {
            oddities.push(format!(
                "{part:?} is no level (off, error, warn, info, debug or trace), it stands for the events of a target of \
                 that name alone"
            ));
        } else if target.contains('-') {
            oddities.push(format!(
                "the target {target:?} has a hyphen, those of modules have underscores"
            ));
        }
    }
    let is_silent = <Matcher as Filter<Registry>>::max_level_hint(matcher) == Some(LevelFilter::OFF);
    if is_silent && !parts.iter().any(|part| level(part) == Some(LevelFilter::OFF)) {
        oddities.push(
            "nothing is logged: targets that are not named need a level of their own, as in info,hyper=off".to_owned(),
        );
    }
    oddities
}

/// Whether these directives let warnings of obs through or say something about them.
fn is_heard(parts: &[&str]) -> bool {
    let says =
        |part: &&str| part.starts_with(target::OBS) || level(part).is_some_and(|level| level >= LevelFilter::WARN);
    parts.is_empty() || parts.iter().any(says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Notices;

    fn odd(given: &str) -> Vec<String> {
        Directives::read("RUST_LOG", given).unwrap().oddities
    }

    #[test]
    fn what_can_be_meant_is_not_told() {
        for good in [
            "",
            " ",
            "info",
            "WARN",
            "3",
            "off",
            "info,hyper=off",
            "my_crate::db",
            "shop=debug,warn",
        ] {
            assert_eq!(odd(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn a_word_that_is_no_level_is_told_with_the_levels() {
        for bad in ["verbose", "warning", "all", "info,verbose", "9"] {
            let warning = odd(bad).concat();
            assert!(
                warning.starts_with(&format!("RUST_LOG is {bad:?}: ")) && warning.contains("warn, info, debug"),
                "{warning}"
            );
        }
    }

    #[test]
    fn directives_that_let_nothing_through_or_no_module_has_are_told() {
        assert!(odd("hyper=off").concat().contains("info,hyper=off"));
        assert!(odd("my-crate=debug").concat().contains("underscores"));
        assert!(odd(" , ").concat().contains("info is taken"));
    }

    #[test]
    fn what_is_told_can_be_heard() {
        for (given, expected) in [
            ("verbose", "verbose,obs=warn"),
            ("error,verbose", "error,verbose,obs=warn"),
            ("info,verbose", "info,verbose"),
            ("obs=off,verbose", "obs=off,verbose"),
            ("error", "error"),
        ] {
            assert_eq!(Directives::read("RUST_LOG", given).unwrap().text, expected);
        }
    }

    #[cfg(feature = "span-filter")]
    #[test]
    fn directives_for_spans_are_read() {
        let notices = Notices::default();
        let env = Env::new(&|_| None, &notices);
        assert_eq!(odd("[span]=info"), Vec::<String>::new());
        let read = Directives::of_environment("RUST_LOG", "info,shop[order]=debug", env).unwrap();
        assert_eq!(read.text, "info,shop[order]=debug");
        assert_eq!(notices.take(), Vec::<String>::new());
    }

    #[cfg(not(feature = "span-filter"))]
    #[test]
    fn directives_for_spans_need_a_feature() {
        let (notices, given) = (Notices::default(), "info,shop[order{id=7}]=debug, hyper=off");
        let error = Directives::read("log_filter", given).unwrap_err().to_string();
        assert!(error.starts_with(&format!(
            "log_filter is \"{given}\", which needs the feature `span-filter`"
        )));
        let env = Env::new(&|_| None, &notices);
        let read = Directives::of_environment("RUST_LOG", given, env).unwrap();
        assert_eq!(read.text, "info,hyper=off");
        let told = notices.take().concat();
        assert!(
            told.contains("RUST_LOG is") && told.contains("`span-filter`") && told.ends_with("it is ignored"),
            "{told}"
        );
    }
}
