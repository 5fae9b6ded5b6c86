//! Fields with a constant value on every line of an instance.

use std::borrow::Cow;

use obs_base::{InitError, ServiceInfo};

use super::{
    fields::{Duplicates, FieldRules, Fields},
    format::Style,
    value::Value,
};
use crate::{context::FieldValue, environment::Env, redact::Redactor};

/// The bytes that all of them have on a line at most, names and punctuation included.
const MAX_BYTES: usize = 8 * 1_024;

/// A field and its value.
pub(crate) type Constant = (Cow<'static, str>, FieldValue);

/// The constant fields of an instance. Every other field of the same name goes before them.
#[derive(Debug, Default)]
pub(super) struct Constants {
    list: Vec<Constant>,
    /// As they stand on a line.
    written: Fields,
}

/// What code says about them.
#[derive(Debug, Default)]
pub(crate) struct ConstantSettings {
    /// Names and values.
    pub(crate) fields: Vec<Constant>,
    /// Names of resource attributes.
    pub(crate) attributes: Vec<String>,
}

// === impl ConstantSettings ===

impl ConstantSettings {
    /// Checks the names; notes attributes that the service doesn't have.
    pub(super) fn check(&self, style: Style, service: &ServiceInfo, env: Env<'_>) -> Result<(), InitError> {
        for (name, _) in &self.fields {
            check_name("log_field", name, style)?;
        }
        for name in &self.attributes {
            check_name("log_attributes", name, style)?;
            if attribute(service, name).is_none() {
                env.notice(format!(
                    "log_attributes names {name:?}, which the service doesn't have: set it with `attribute` or in \
                     OTEL_RESOURCE_ATTRIBUTES"
                ));
            }
        }
        let rules = FieldRules {
            style,
            redactor: Redactor::usual(),
        };
        if self.written(service, rules).written.is_truncated() {
            let expected = format!("constant fields that have at most {MAX_BYTES} bytes on a line together");
            return Err(InitError::invalid("log_field", "too long", expected));
        }
        Ok(())
    }

    /// Names and values, of one name the last.
    fn list(&self, service: &ServiceInfo) -> Vec<Constant> {
        let attributes = self.attributes.iter().filter_map(|name| {
            let value = attribute(service, name)?;
            Some((Cow::Owned(name.clone()), FieldValue::from(value.to_owned())))
        });
        attributes.chain(self.fields.iter().cloned()).collect()
    }

    /// The fields as lines have them.
    pub(super) fn written(&self, service: &ServiceInfo, rules: FieldRules<'_>) -> Constants {
        let list = self.list(service);
        let mut written = Fields::default();
        for (name, value) in &list {
            written.put(rules, name, Value::from(value), MAX_BYTES, Duplicates::LastWins);
        }
        Constants { list, written }
    }
}

fn attribute<'a>(service: &'a ServiceInfo, name: &str) -> Option<&'a str> {
    let named = |(key, _): &&(String, String)| key == name;
    service.attributes.iter().rfind(named).map(|(_, value)| value.as_str())
}

fn check_name(setting: &'static str, name: &str, style: Style) -> Result<(), InitError> {
    if name.is_empty() {
        return Err(InitError::invalid(setting, "", "a name such as \"region\""));
    }
    if style.has_key(name) {
        return Err(InitError::invalid(
            setting,
            name,
            "a name that obs doesn't use on lines itself, and that needs no renaming",
        ));
    }
    Ok(())
}

// === impl Constants ===

impl Constants {
    /// Adds those whose keys are not taken; `limit` is that of the fields without them.
    #[inline]
    pub(super) fn append_to(&self, fields: &mut Fields, limit: usize) {
        if !self.list.is_empty() {
            fields.append(&self.written, limit + self.len());
        }
    }

    /// The bytes that they have on a line.
    pub(super) fn len(&self) -> usize {
        self.written.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Constant> {
        self.list.iter()
    }
}
