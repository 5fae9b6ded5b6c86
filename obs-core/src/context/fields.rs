//! The fields of a context, bounded in bytes.

use std::borrow::Cow;

use super::FieldValue;
use crate::failure::Failure;

/// Bytes of the names and values of all fields of a context: more than a line may have, so that a line that lacks
/// something says so.
pub(super) const MAX_FIELD_BYTES: usize = 128 * 1_024;

/// The fields of a context.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) all: Vec<(Cow<'static, str>, FieldValue)>,
    /// The keys of those that are attributes of the request's span too, should it be recorded at its end.
    pub(super) recorded: Vec<Cow<'static, str>>,
    /// The error that was recorded last.
    pub(super) failure: Option<Box<NotedFailure>>,
}

/// An error that code of the application has recorded.
#[derive(Debug)]
pub(crate) struct NotedFailure {
    /// Not redacted yet.
    pub(crate) failure: Failure,
    /// Whether it is an event of the request's own span already.
    pub(crate) is_on_span: bool,
}

// === impl Fields ===

impl Fields {
    /// Sets a field; false if there is no room for any of it.
    pub(super) fn set(&mut self, key: Cow<'static, str>, value: FieldValue) -> bool {
        let others = self.all.iter().filter(|(known, _)| *known != key);
        let used: usize = others.map(|(key, value)| key.len() + value.size()).sum();
        let Some(value) = MAX_FIELD_BYTES
            .checked_sub(used + key.len())
            .and_then(|room| value.within(room))
        else {
            return false;
        };
        match self.all.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.all.push((key, value)),
        }
        true
    }
}
