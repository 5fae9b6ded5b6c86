//! Adding to the span that is active.

use std::{any::type_name, borrow::Cow, error::Error};

use opentelemetry::{Key, KeyValue, trace::TraceContextExt};

use crate::{
    context::{FieldValue, otel},
    guard::text_with_sources,
    names::attribute,
};

/// The longest text of an error on a span, in bytes.
pub(super) const MAX_TEXT: usize = 16 * 1024;

/// Sets an attribute on the span that is active now: the innermost one of the current request or
/// job. Does nothing if none is recorded. To set an attribute of the request's own span together with a field of its
/// lines, use [`context::record`](crate::context::record).
///
/// ```
/// obs_core::trace::set_attribute("cart.items", 3);
/// ```
pub fn set_attribute(key: impl Into<Cow<'static, str>>, value: impl Into<FieldValue>) {
    if is_active() {
        let attribute = key_value(key.into(), value.into());
        otel::map_current(|current| current.span().set_attribute(attribute));
    }
}

/// Records an error on the span that is active now, as an event with its type, its message and its
/// sources. Does nothing if no span is recorded.
///
/// The status of the span stays as it is: an error that was dealt with is no failure. Where it is
/// one, return it from [`try_in_span`](super::try_in_span).
///
/// ```
/// if let Err(error) = "x".parse::<u16>() {
///     obs_core::trace::record_error(&error);
/// }
/// ```
pub fn record_error<E: Error + ?Sized>(error: &E) {
    if is_active() {
        let (message, sources) = text_with_sources(error, "\ncaused by: ", MAX_TEXT);
        let attributes = exception(type_name::<E>(), message, sources);
        otel::map_current(|current| current.span().add_event(attribute::EXCEPTION_EVENT, attributes));
    }
}

/// Whether the active span takes anything: that of a request that is left out doesn't.
fn is_active() -> bool {
    otel::map_current(|current| current.span().is_recording()).unwrap_or(false)
}

/// Attributes of the event of an exception
/// ([conventions](https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/)).
pub(super) fn exception(error_type: &'static str, message: String, sources: Option<String>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(3);
    // The type of a trait object says nothing.
    if !error_type.starts_with("dyn ") {
        attributes.push(KeyValue::new(attribute::EXCEPTION_TYPE, error_type));
    }
    attributes.push(KeyValue::new(attribute::EXCEPTION_MESSAGE, message));
    attributes.extend(sources.map(|sources| KeyValue::new(attribute::EXCEPTION_STACKTRACE, sources)));
    attributes
}

pub(super) fn key_value(key: Cow<'static, str>, value: FieldValue) -> KeyValue {
    KeyValue::new(Key::from(key), value.into_attribute())
}
