//! A span that has begun.

use std::{any::type_name, fmt};

use opentelemetry::{
    Context, KeyValue,
    trace::{Status, TraceContextExt},
};

use super::{record, recorded_span::RunningSpan};
use crate::{
    context::otel,
    guard::{guarded, text_of},
    names::{attribute, error_type},
    recorder::SpanStatus,
};

/// A span that has begun; it ends when this is dropped, whoever else holds its context.
#[derive(Debug)]
pub(super) enum ActiveSpan {
    /// One of OpenTelemetry.
    Exported(Context),
    /// One that is in the flight recorder alone.
    Recorded(RunningSpan),
}

/// Marks the span if it is dropped by a panic.
struct Unwinding<'a> {
    span: &'a ActiveSpan,
    armed: bool,
}

// === impl ActiveSpan ===

impl ActiveSpan {
    /// Runs `work` with the span active; a panic is noted on its way out.
    pub(super) fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        // `thread::panicking()` would also be true for work that runs while something else unwinds.
        let mut unwinding = Unwinding {
            span: self,
            armed: true,
        };
        let result = {
            let _attached = match self {
                Self::Exported(context) => (Some(otel::attach(context.clone())), None),
                Self::Recorded(span) => (None, Some(span.activate())),
            };
            work()
        };
        unwinding.armed = false;
        result
    }

    pub(super) fn succeeded(&self) {
        match self {
            Self::Exported(context) => context.span().set_status(Status::Ok),
            Self::Recorded(span) => span.set_status(SpanStatus::Ok),
        }
    }

    /// Sets the status for a result.
    pub(super) fn ended_with<T, E: fmt::Display>(&self, result: &Result<T, E>) {
        match result {
            Ok(_) => self.succeeded(),
            Err(error) => self.failed(type_name::<E>(), text_of(error, record::MAX_TEXT)),
        }
    }

    fn failed(&self, error_type: &'static str, message: String) {
        let context = match self {
            Self::Exported(context) => context,
            Self::Recorded(span) => return span.fail(error_type, message),
        };
        let span = context.span();
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
        match self {
            Self::Exported(context) => drop(guarded(|| context.span().end())),
            Self::Recorded(span) => span.end(),
        }
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
