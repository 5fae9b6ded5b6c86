//! Copies of the fields of `tracing` events and spans.

use std::{
    error::Error,
    fmt::{self, Debug},
};

use tracing_core::{
    Event, Field, Metadata,
    field::{DebugValue, FieldSet, Value, ValueSet, Visit, debug},
    span::{Attributes, Record},
};

use super::{ErrorCopy, floor_char_boundary, with_text};

/// Copies of the values of an event's or a span's fields.
///
/// `Debug` and `Error` values are formatted once, with a limit and with panics caught; everything that reads the copies
/// afterwards (the encoder of log lines, span attributes, other layers) runs no code of the application. Numbers and
/// booleans keep their types.
///
/// ```
/// use obs_base::formatting::Copies;
/// use tracing_core::{Event, Subscriber};
///
/// /// Passes an event on with texts of at most 2 KiB.
/// fn pass_on(event: &Event<'_>, subscriber: &dyn Subscriber) {
///     Copies::with_event(event, 2_048, |copy| subscriber.event(copy));
/// }
/// ```
#[derive(Debug)]
pub struct Copies {
    /// By the index of the field; `None` for fields without a value.
    values: Vec<Option<Copy>>,
    /// The longest text of a field, in bytes.
    limit: usize,
}

#[derive(Debug)]
enum Copy {
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Str(String),
    Bytes(Box<[u8]>),
    Debug(DebugValue<Written>),
    Error(Box<dyn Error>),
}

/// The output of a `Debug` impl, whose own `Debug` writes it without quotes.
struct Written(String);

// === impl Copies ===

impl Copies {
    fn new(fields: &FieldSet, limit: usize) -> Self {
        let mut values = Vec::new();
        values.resize_with(fields.len(), || None);
        Self { values, limit }
    }

    /// Runs `use_it` with a copy of `event`, and returns its result.
    ///
    /// The copy has the event's metadata and parent. Each text is cut to `limit` bytes at a character boundary.
    pub fn with_event<R>(event: &Event<'_>, limit: usize, use_it: impl FnOnce(&Event<'_>) -> R) -> R {
        let metadata = event.metadata();
        let mut copies = Self::new(metadata.fields(), limit);
        event.record(&mut copies);
        copies.with_values(metadata.fields(), |values| {
            if event.is_contextual() {
                use_it(&Event::new(metadata, values))
            } else {
                use_it(&Event::new_child_of(event.parent().cloned(), metadata, values))
            }
        })
    }

    /// Runs `use_it` with a copy of a new span's `attributes`, and returns its result.
    ///
    /// The copy has the span's metadata and parent. Each text is cut to `limit` bytes at a character boundary.
    pub fn with_attributes<R>(
        attributes: &Attributes<'_>,
        limit: usize,
        use_it: impl FnOnce(&Attributes<'_>) -> R,
    ) -> R {
        let metadata = attributes.metadata();
        let mut copies = Self::new(metadata.fields(), limit);
        attributes.record(&mut copies);
        copies.with_values(metadata.fields(), |values| {
            use_it(&match attributes.parent() {
                Some(parent) => Attributes::child_of(parent.clone(), metadata, values),
                None if attributes.is_root() => Attributes::new_root(metadata, values),
                None => Attributes::new(metadata, values),
            })
        })
    }

    /// Runs `use_it` with a copy of the values that were recorded on a span, and returns its result.
    ///
    /// `span` is the metadata of that span, which a [`Record`] doesn't have. Each text is cut to `limit` bytes at a
    /// character boundary.
    pub fn with_record<R>(
        record: &Record<'_>,
        span: &'static Metadata<'static>,
        limit: usize,
        use_it: impl FnOnce(&Record<'_>) -> R,
    ) -> R {
        let mut copies = Self::new(span.fields(), limit);
        record.record(&mut copies);
        copies.with_values(span.fields(), |values| use_it(&Record::new(values)))
    }

    fn with_values<R>(&self, fields: &FieldSet, use_them: impl FnOnce(&ValueSet<'_>) -> R) -> R {
        let values: Vec<Option<&dyn Value>> = self
            .values
            .iter()
            .map(|value| value.as_ref().map(Copy::as_value))
            .collect();
        use_them(&fields.value_set_all(&values))
    }

    fn put(&mut self, field: &Field, value: Copy) {
        if let Some(place) = self.values.get_mut(field.index()) {
            *place = Some(value);
        }
    }

    fn cut(&self, text: &str) -> String {
        text[..floor_char_boundary(text, self.limit)].to_owned()
    }
}

impl Visit for Copies {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Copy::F64(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Copy::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Copy::U64(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(field, Copy::I128(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field, Copy::U128(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Copy::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Copy::Str(self.cut(value)));
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.put(field, Copy::Bytes(value[..value.len().min(self.limit)].into()));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field, Copy::Error(Box::new(ErrorCopy::new(value, self.limit))));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = with_text(self.limit, |out| out.debug(value), |text, _| text.to_owned());
        self.put(field, Copy::Debug(debug(Written(text))));
    }
}

// === impl Copy ===

impl Copy {
    fn as_value(&self) -> &dyn Value {
        match self {
            Self::I64(value) => value,
            Self::U64(value) => value,
            Self::I128(value) => value,
            Self::U128(value) => value,
            Self::F64(value) => value,
            Self::Bool(value) => value,
            Self::Str(value) => value,
            Self::Bytes(value) => value,
            Self::Debug(value) => value,
            Self::Error(value) => value,
        }
    }
}

impl Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
