//! Typed environment variables.

use std::{fmt, time::Duration};

use super::Notices;
use crate::MissingFeature;

/// The timeout that stands for none: the longest one that 32 bits of milliseconds can hold, 49 days.
pub const NO_LIMIT: Duration = Duration::from_millis(u32::MAX as u64);
/// The characters of a value that a notice shows, at most.
const MAX_SHOWN: usize = 64;
/// The variable that turns every export off.
const DISABLED: &str = "OTEL_SDK_DISABLED";

/// Reads environment variables by the types of the specification.
///
/// An empty value counts as unset. So does an invalid value, which adds a notice to the [`Notices`] of this reader: a
/// wrong variable never keeps a service from starting. Variables come from a closure, which tests replace.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    notices: Option<&'a Notices>,
}

// === impl Env ===

impl<'a> Env<'a> {
    /// A reader of the variables that `read` returns, with notices of invalid values in `notices`.
    #[must_use]
    pub fn new(read: &'a dyn Fn(&str) -> Option<String>, notices: &'a Notices) -> Self {
        Self {
            read,
            notices: Some(notices),
        }
    }

    /// A reader of the variables that `read` returns, without notices.
    #[must_use]
    pub fn without_notices(read: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { read, notices: None }
    }

    /// The value of the variable `name` without surrounding white space; `None` if that is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let value = (self.read)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Adds a notice, a full sentence for the operator, which is logged as a warning once logging is set up.
    pub fn notice(&self, notice: impl Into<String>) {
        if let Some(notices) = self.notices {
            notices.add(notice.into());
        }
    }

    /// Adds a notice that `value` of the variable `name` is invalid and ignored.
    ///
    /// `expected` describes valid values. At most 64 characters of the value are shown, so don't call this for secrets.
    pub fn ignore(&self, name: &str, value: &str, expected: impl fmt::Display) {
        self.ignored(name, value, &expected);
    }

    /// [`ignore`](Self::ignore), compiled once.
    fn ignored(&self, name: &str, value: &str, expected: &dyn fmt::Display) {
        let shown: String = value.chars().take(MAX_SHOWN).collect();
        let more = if shown.len() < value.len() { "…" } else { "" };
        self.notice(format!(
            "{name} is \"{}{more}\", expected {expected}: it is ignored",
            shown.escape_debug()
        ));
    }

    /// Adds a notice that a variable is ignored, since it needs a feature which is not enabled.
    pub fn lacks(&self, missing: MissingFeature<'_>) {
        self.notice(format!("{missing}; it is ignored"));
    }

    /// Whether `OTEL_SDK_DISABLED` is true. Nothing is exported then, whatever other variables say.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.is_true(DISABLED)
    }

    /// A boolean: `true` in any case; everything else is false.
    fn is_true(&self, name: &str) -> bool {
        let Some(value) = self.get(name) else { return false };
        let is_true = value.eq_ignore_ascii_case("true");
        if !is_true && !value.eq_ignore_ascii_case("false") {
            self.ignore(name, &value, "true or false");
        }
        is_true
    }

    /// The value of the first variable of `names` that holds a whole number from `least` to 4 294 967 295.
    ///
    /// Values that hold something else are ignored with a notice.
    #[must_use]
    pub fn number<const N: usize>(&self, names: [&'static str; N], least: u32) -> Option<u32> {
        names.into_iter().find_map(|name| {
            let value = self.get(name)?;
            let number = value.parse().ok().filter(|number| *number >= least);
            if number.is_none() {
                self.ignore(
                    name,
                    &value,
                    format_args!("a whole number from {least} to {}", u32::MAX),
                );
            }
            number
        })
    }

    /// The value that belongs to the keyword in the first variable of `names` that holds one of `keywords`, in any
    /// case.
    ///
    /// Values that hold something else are ignored with a notice, in which `expected` describes the keywords.
    ///
    /// ```
    /// use obs_base::environment::Env;
    ///
    /// let read = |name: &str| (name == "COMPRESSION").then(|| "GZIP".to_owned());
    /// let gzip = Env::without_notices(&read).keyword(["COMPRESSION"], &[("gzip", true), ("none", false)], "gzip or none");
    /// assert_eq!(gzip, Some(true));
    /// ```
    #[must_use]
    pub fn keyword<T: Copy, const N: usize>(
        &self,
        names: [&'static str; N],
        keywords: &[(&str, T)],
        expected: impl fmt::Display,
    ) -> Option<T> {
        names.into_iter().find_map(|name| {
            let value = self.get(name)?;
            let known = keywords.iter().find(|(keyword, _)| value.eq_ignore_ascii_case(keyword));
            if known.is_none() {
                self.ignore(name, &value, &expected);
            }
            known.map(|(_, meaning)| *meaning)
        })
    }

    /// The first variable of `names` that is set, as its name and its value, such as a variable of one signal before
    /// the one of all signals.
    #[must_use]
    pub fn first(&self, names: [&'static str; 2]) -> Option<(&'static str, String)> {
        names
            .into_iter()
            .find_map(|name| self.get(name).map(|value| (name, value)))
    }

    /// The timeout in the first variable of `names` that holds a whole number of milliseconds.
    ///
    /// 0 means "no limit", which is returned as the longest timeout, 49 days.
    #[must_use]
    pub fn timeout<const N: usize>(&self, names: [&'static str; N]) -> Option<Duration> {
        self.number(names, 0).map(|millis| {
            if millis == 0 {
                NO_LIMIT
            } else {
                Duration::from_millis(millis.into())
            }
        })
    }
}

impl fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_reported_once_and_long_values_are_cut() {
        let notices = Notices::default();
        let env = |_: &str| Some("x\n".repeat(100));
        for _ in 0..3 {
            let _ = Env::new(&env, &notices).keyword(["OTEL_TRACES_SAMPLER"], &[("x", ())], "x");
        }
        let reported = notices.take();
        assert!(
            reported.len() == 1 && reported[0].len() < 300 && !reported[0].contains('\n'),
            "{reported:?}"
        );
    }

    #[test]
    fn keywords_match_in_any_case_and_an_unknown_one_leaves_the_choice_to_the_next_variable() {
        let notices = Notices::default();
        let env = |name: &str| Some(if name == "SPECIAL" { "purple" } else { " BLUE " }.to_owned());
        let env = Env::new(&env, &notices);
        let words = [("blue", 1), ("red", 2)];
        assert_eq!(env.keyword(["SPECIAL", "GENERAL"], &words, "blue or red"), Some(1));
        assert_eq!(env.keyword(["SPECIAL"], &words, "blue or red"), None);
        assert_eq!(
            notices.take(),
            ["SPECIAL is \"purple\", expected blue or red: it is ignored"]
        );
    }
}
