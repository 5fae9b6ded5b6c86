//! Reading variables by their types.

use std::fmt;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
use std::time::Duration;

use super::Notices;

/// What a timeout of 0 stands for: the longest that 32 bits of milliseconds can say.
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
const NO_LIMIT: Duration = Duration::from_millis(u32::MAX as u64);
/// Characters of a value that are told.
const MOST_TOLD: usize = 64;
/// Whether nothing is exported.
const DISABLED: &str = "OTEL_SDK_DISABLED";

/// The environment, or a test's idea of it, and where it is noted what of it is of no use.
///
/// Types are those of the specification: what can't be read is told and counts as unset, an empty value is unset.
#[derive(Clone, Copy)]
pub(crate) struct Env<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    notices: &'a Notices,
}

// === impl Env ===

impl<'a> Env<'a> {
    pub(crate) fn new(read: &'a dyn Fn(&str) -> Option<String>, notices: &'a Notices) -> Self {
        Self { read, notices }
    }

    /// One whose notices nobody hears.
    #[cfg(test)]
    pub(crate) fn alone(read: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { read, notices: Box::leak(Box::default()) }
    }

    /// The value without surrounding white space, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let value = (self.read)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Notes something.
    pub(crate) fn notice(&self, notice: impl Into<String>) {
        self.notices.add(notice.into());
    }

    /// Notes that a value is of no use.
    pub(crate) fn ignore(&self, name: &str, value: &str, expected: impl fmt::Display) {
        let shown: String = value.chars().take(MOST_TOLD).collect();
        let more = if shown.len() < value.len() { "…" } else { "" };
        self.notice(format!("{name} is \"{}{more}\", expected {expected}: it is ignored", shown.escape_debug()));
    }

    /// Whether nothing is exported, whatever else is set.
    pub(crate) fn is_disabled(&self) -> bool {
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

    /// A whole number that is not less than `least`: of the first variable that has one.
    pub(crate) fn number<const N: usize>(&self, names: [&'static str; N], least: u32) -> Option<u32> {
        names.into_iter().find_map(|name| {
            let value = self.get(name)?;
            let number = value.parse().ok().filter(|number| *number >= least);
            if number.is_none() {
                self.ignore(name, &value, format_args!("a whole number from {least} to {}", u32::MAX));
            }
            number
        })
    }

    /// What one of the words stands for, in any case: of the first variable that has a known one.
    pub(crate) fn word<T: Copy, const N: usize>(
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
            known.map(|(_, stands_for)| *stands_for)
        })
    }
}

#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
impl Env<'_> {
    /// The first of `names` that is set, with its value.
    pub(crate) fn first(&self, names: [&'static str; 2]) -> Option<(&'static str, String)> {
        names.into_iter().find_map(|name| self.get(name).map(|value| (name, value)))
    }

    /// A timeout in milliseconds; 0 is none.
    pub(crate) fn timeout<const N: usize>(&self, names: [&'static str; N]) -> Option<Duration> {
        self.number(names, 0).map(|millis| if millis == 0 { NO_LIMIT } else { Duration::from_millis(millis.into()) })
    }
}
