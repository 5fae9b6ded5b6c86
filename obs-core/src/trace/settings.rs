//! Settings from code and from the environment, checked.
//!
//! Names and meanings are the
//! [OpenTelemetry environment variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/);
//! code beats environment, an empty variable counts as unset.

/// The environment, or a test's idea of it.
#[derive(Clone, Copy)]
pub(crate) struct Env<'a>(pub(crate) &'a dyn Fn(&str) -> Option<String>);

// === impl Env ===

impl Env<'_> {
    /// The value without surrounding white space, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }
}
