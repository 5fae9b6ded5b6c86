//! Reading the fields of events and spans.

use std::{error::Error, fmt::Debug};

use tracing_core::field::{Field, Visit};

use super::{
    fields::{Duplicates, FieldRules, Fields},
    value::Value,
};
use crate::names::log;

/// Room that a message has left even if all other fields came before it.
const MESSAGE_ROOM: usize = 1_024;
/// Start of the fields by which the `log` bridge hands over a record's metadata.
pub(super) const LOG_BRIDGE_FIELDS: &str = "log.";

/// Writes the fields of an event: the message to its line, the others to their place.
pub(super) struct EventVisitor<'a> {
    pub(super) rules: FieldRules<'a>,
    pub(super) line: &'a mut Vec<u8>,
    pub(super) fields: &'a mut Fields,
    /// Where the message begins on the line.
    pub(super) message_start: usize,
    /// How many bytes line and fields may have together.
    pub(super) room: usize,
    /// Whether the event is a record of the `log` crate.
    pub(super) from_log: bool,
}

/// Writes the fields of a span.
pub(super) struct SpanVisitor<'a> {
    pub(super) rules: FieldRules<'a>,
    pub(super) fields: &'a mut Fields,
    pub(super) room: usize,
}

// === impl EventVisitor ===

impl EventVisitor<'_> {
    #[inline]
    fn put(&mut self, field: &Field, value: Value<'_>) {
        self.put_named(field.name(), value);
    }

    #[inline]
    pub(super) fn put_named(&mut self, name: &str, value: Value<'_>) {
        if name == log::MESSAGE {
            self.put_message(value);
            return;
        }
        if self.from_log && name.starts_with(LOG_BRIDGE_FIELDS) {
            return;
        }
        let taken = self.line.len().max(self.message_start + MESSAGE_ROOM);
        self.fields.put(
            self.rules,
            name,
            value,
            self.room.saturating_sub(taken),
            Duplicates::LastWins,
        );
    }

    fn put_message(&mut self, value: Value<'_>) {
        self.line.truncate(self.message_start);
        let limit = self.room.saturating_sub(self.fields.len());
        if !value.push_message(self.line, self.rules, limit) {
            self.fields.set_truncated();
        }
    }
}

// === impl SpanVisitor ===

impl SpanVisitor<'_> {
    fn put(&mut self, field: &Field, value: Value<'_>) {
        self.fields
            .put(self.rules, field.name(), value, self.room, Duplicates::LastWins);
    }
}

/// Implements `Visit` by a method `put(&mut self, &Field, Value<'_>)`.
macro_rules! visit {
    ($visitor:ident) => {
        impl Visit for $visitor<'_> {
            #[inline]
            fn record_f64(&mut self, field: &Field, value: f64) {
                self.put(field, Value::F64(value));
            }

            #[inline]
            fn record_i64(&mut self, field: &Field, value: i64) {
                self.put(field, Value::I64(value));
            }

            #[inline]
            fn record_u64(&mut self, field: &Field, value: u64) {
                self.put(field, Value::U64(value));
            }

            fn record_i128(&mut self, field: &Field, value: i128) {
                self.put(field, Value::I128(value));
            }

            fn record_u128(&mut self, field: &Field, value: u128) {
                self.put(field, Value::U128(value));
            }

            #[inline]
            fn record_bool(&mut self, field: &Field, value: bool) {
                self.put(field, Value::Bool(value));
            }

            #[inline]
            fn record_str(&mut self, field: &Field, value: &str) {
                self.put(field, Value::Str(value));
            }

            fn record_bytes(&mut self, field: &Field, value: &[u8]) {
                self.put(field, Value::Bytes(value));
            }

            fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
                self.put(field, Value::Error(value));
            }

            #[inline]
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                self.put(field, Value::Debug(value));
            }
        }
    };
}

pub(super) use visit;

visit!(EventVisitor);
visit!(SpanVisitor);
