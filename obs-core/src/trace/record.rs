//! Adding to the span that is active.

use std::{borrow::Cow, error::Error, panic::Location};

use opentelemetry::{Key, KeyValue, trace::TraceContextExt};

use crate::{
    context::{self, FieldValue, otel},
    failure::Failure,
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

/// Records an error: as an event of the span that is active now, with its type, its message and its sources, and as the
/// reason of the request, should that fail.
///
/// The status of the span stays as it is: a handled error is not a failure. Where it is
/// one, return it from [`try_in_span`](super::try_in_span). If the request ends in an error of the service, the error that
/// was recorded last is on its line (`error`, `error_chain`), on its span and in `on_finish`, whether the request is
/// sampled or not, unless the framework knows the error of the response itself.
///
/// ```
/// if let Err(error) = "x".parse::<u16>() {
///     obs_core::trace::record_error(&error);
/// }
/// ```
#[track_caller]
pub fn record_error<E: Error + ?Sized>(error: &E) {
    let Some(context) = context::current() else {
        if is_active() {
            add_exception(&Failure::new(error));
        }
        return;
    };
    let failure = Failure::new(error).at(Location::caller());
    let mut is_on_span = false;
    if is_active() {
        add_exception(&failure);
        let active = otel::map_current(|active| active.span().span_context().span_id());
        is_on_span = active.and_then(otel::span_id) == Some(context.span_id());
    }
    context.note_failure(failure, is_on_span);
}

fn add_exception(failure: &Failure) {
    let attributes = exception_of(failure);
    otel::map_current(|current| current.span().add_event(attribute::EXCEPTION_EVENT, attributes));
}

/// Whether the active span takes anything: that of a request that is left out doesn't.
fn is_active() -> bool {
    otel::map_current(|current| current.span().is_recording()).unwrap_or(false)
}

/// Attributes of the event of a failure.
pub(crate) fn exception_of(failure: &Failure) -> Vec<KeyValue> {
    let type_name = failure.type_name().unwrap_or_default();
    let mut attributes = exception(type_name, failure.message().to_owned(), failure.lines());
    // `file:line:column`, and a Windows path has a colon of its own.
    let mut parts = failure.location().unwrap_or_default().rsplitn(3, ':');
    let (_column, line, file) = (parts.next(), parts.next(), parts.next());
    attributes.extend(file.map(|file| KeyValue::new(attribute::CODE_FILE_PATH, file.to_owned())));
    let line: Option<i64> = line.and_then(|line| line.parse().ok());
    attributes.extend(line.map(|line| KeyValue::new(attribute::CODE_LINE_NUMBER, line)));
    attributes
}

/// Attributes of the event of an exception
/// ([conventions](https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/)).
pub(super) fn exception(error_type: &'static str, message: String, sources: Option<String>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(5);
    // The type of a trait object says nothing.
    if !error_type.is_empty() && !error_type.starts_with("dyn ") {
        attributes.push(KeyValue::new(attribute::EXCEPTION_TYPE, error_type));
    }
    attributes.push(KeyValue::new(attribute::EXCEPTION_MESSAGE, message));
    attributes.extend(sources.map(|sources| KeyValue::new(attribute::EXCEPTION_STACKTRACE, sources)));
    attributes
}

pub(super) fn key_value(key: Cow<'static, str>, value: FieldValue) -> KeyValue {
    KeyValue::new(Key::from(key), value.into_attribute())
}
