//! A span that has begun.

use std::{any::type_name, fmt};

use opentelemetry::{
    Context, KeyValue,
    trace::{Status, TraceContextExt},
};

use super::record;
use crate::{
    context::otel,
    guard::{guarded, text_of},
    names::{attribute, error_type},
};

/// A recorded span; it ends when this is dropped, whoever else holds its context.
#[derive(Debug)]
pub(super) struct ActiveSpan {
    context: Context,
}

/// Marks the span if it is dropped by a panic.
struct Unwinding<'a> {
    span: &'a ActiveSpan,
    armed: bool,
}

// === impl ActiveSpan ===

impl ActiveSpan {
    pub(super) fn new(context: Context) -> Self {
        Self { context }
    }

    /// Runs `work` with the span active; a panic is noted on its way out.
    pub(super) fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        // `thread::panicking()` would also be true for work that runs while something else unwinds.
        let mut unwinding = Unwinding {
            span: self,
            armed: true,
        };
        let result = {
            let _attached = otel::attach(self.context.clone());
            work()
        };
        unwinding.armed = false;
        result
    }

    pub(super) fn succeeded(&self) {
        self.context.span().set_status(Status::Ok);
    }

    /// Sets the status for a result.
    pub(super) fn ended_with<T, E: fmt::Display>(&self, result: &Result<T, E>) {
        match result {
            Ok(_) => self.succeeded(),
            Err(error) => self.failed(type_name::<E>(), text_of(error, record::MAX_TEXT)),
        }
    }

    fn failed(&self, error_type: &'static str, message: String) {
        let span = self.context.span();
        span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, error_type));
        span.add_event(
            attribute::EXCEPTION_EVENT,
            record::exception(error_type, message.clone(), None),
        );
        span.set_status(Status::error(message));
    }

    fn panicked(&self) {
        self.failed(error_type::PANIC, "panicked".to_owned());
        self.end();
    }

    /// Ends it. Processors of a provider of the user's run in there, perhaps while the thread unwinds.
    fn end(&self) {
        let _ = guarded(|| self.context.span().end());
    }
}

impl Drop for ActiveSpan {
    fn drop(&mut self) {
        self.end();
    }
}

// === impl Unwinding ===

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.span.panicked();
        }
    }
}
