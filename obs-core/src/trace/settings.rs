//! Settings from code and from the environment, checked.
//!
//! Names and meanings are the
//! [OpenTelemetry environment variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/);
//! code beats environment, an empty variable counts as unset.

use crate::obs::InitError;

/// The environment, or a test's idea of it.
#[derive(Clone, Copy)]
pub(super) struct Env<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

// === impl Env ===

impl Env<'_> {
    /// The value without surrounding white space, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The first of `names` that is set, with its value.
    pub(super) fn first(&self, names: [&'static str; 2]) -> Option<(&'static str, String)> {
        names.into_iter().find_map(|name| self.get(name).map(|value| (name, value)))
    }

    /// Whether a switch is on; everything but `true` is off.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A whole number from 1 on.
    pub(super) fn number(&self, name: &'static str, default: u32) -> Result<u32, InitError> {
        let Some(value) = self.get(name) else { return Ok(default) };
        match value.parse() {
            Ok(0) | Err(_) => Err(InitError::invalid(name, value, format!("a whole number from 1 to {}", u32::MAX))),
            Ok(number) => Ok(number),
        }
    }
}
