//! Reading variables by their types.

use std::{fmt, time::Duration};

use super::Notices;

/// The timeout that 0 stands for: the longest that 32 bits of milliseconds can hold.
const NO_LIMIT: Duration = Duration::from_millis(u32::MAX as u64);
/// How many characters of a value a notice shows.
const MAX_SHOWN: usize = 64;
/// The variable that turns every export off.
const DISABLED: &str = "OTEL_SDK_DISABLED";

/// The environment, or a closure that stands for it in tests.
///
/// Types are those of the specification: an empty value counts as unset, and so does a value that can't be read, of
/// which a notice is kept.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    notices: Option<&'a Notices>,
}

// === impl Env ===

impl<'a> Env<'a> {
    /// Reads variables with `read` and keeps notices in `notices`.
    #[must_use]
    pub fn new(read: &'a dyn Fn(&str) -> Option<String>, notices: &'a Notices) -> Self {
        Self { read, notices: Some(notices) }
    }

    /// Reads variables with `read` and drops all notices.
    #[must_use]
    pub fn without_notices(read: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { read, notices: None }
    }

    /// The value without surrounding white space, unless it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let value = (self.read)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Keeps a notice.
    pub fn notice(&self, notice: impl Into<String>) {
        if let Some(notices) = self.notices {
            notices.add(notice.into());
        }
    }

    /// Keeps a notice that `value` of the variable `name` can't be read and is ignored.
    pub fn ignore(&self, name: &str, value: &str, expected: impl fmt::Display) {
        let shown: String = value.chars().take(MAX_SHOWN).collect();
        let more = if shown.len() < value.len() { "…" } else { "" };
        self.notice(format!("{name} is \"{}{more}\", expected {expected}: it is ignored", shown.escape_debug()));
    }

    /// Whether `OTEL_SDK_DISABLED` is true: nothing is exported, whatever else is set.
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

    /// The value of the first variable that holds a whole number of at least `least`.
    #[must_use]
    pub fn number<const N: usize>(&self, names: [&'static str; N], least: u32) -> Option<u32> {
        names.into_iter().find_map(|name| {
            let value = self.get(name)?;
            let number = value.parse().ok().filter(|number| *number >= least);
            if number.is_none() {
                self.ignore(name, &value, format_args!("a whole number from {least} to {}", u32::MAX));
            }
            number
        })
    }

    /// What the word in the first variable that holds one of `words`, in any case, stands for. `expected` describes the
    /// words in notices.
    #[must_use]
    pub fn word<T: Copy, const N: usize>(
        &self,
        names: [&'static str; N],
        words: &[(&str, T)],
        expected: impl fmt::Display,
    ) -> Option<T> {
        names.into_iter().find_map(|name| {
            let value = self.get(name)?;
            let known = words.iter().find(|(word, _)| value.eq_ignore_ascii_case(word));
            if known.is_none() {
                self.ignore(name, &value, &expected);
            }
            known.map(|(_, meaning)| *meaning)
        })
    }

    /// The first of `names` that is set, with its value.
    #[must_use]
    pub fn first(&self, names: [&'static str; 2]) -> Option<(&'static str, String)> {
        names.into_iter().find_map(|name| self.get(name).map(|value| (name, value)))
    }

    /// The timeout, in milliseconds, of the first variable that holds one; 0 stands for no limit.
    #[must_use]
    pub fn timeout<const N: usize>(&self, names: [&'static str; N]) -> Option<Duration> {
        self.number(names, 0).map(|millis| if millis == 0 { NO_LIMIT } else { Duration::from_millis(millis.into()) })
    }
}

impl fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("notices", &self.notices).finish_non_exhaustive()
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
            let _ = Env::new(&env, &notices).word(["OTEL_TRACES_SAMPLER"], &[("x", ())], "x");
        }
        let reported = notices.take();
        assert!(reported.len() == 1 && reported[0].len() < 300 && !reported[0].contains('\n'), "{reported:?}");
    }

    #[test]
    fn words_are_taken_in_any_case_and_unknown_ones_leave_the_choice_to_the_next_variable() {
        let notices = Notices::default();
        let env = |name: &str| Some(if name == "SPECIAL" { "purple" } else { " BLUE " }.to_owned());
        let env = Env::new(&env, &notices);
        let words = [("blue", 1), ("red", 2)];
        assert_eq!(env.word(["SPECIAL", "GENERAL"], &words, "blue or red"), Some(1));
        assert_eq!(env.word(["SPECIAL"], &words, "blue or red"), None);
        assert_eq!(notices.take(), ["SPECIAL is \"purple\", expected blue or red: it is ignored"]);
    }
}
