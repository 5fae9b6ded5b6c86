//! The context that is current on this thread.

use std::{borrow::Cow, cell::RefCell};

use super::{FieldValue, RequestContext, SpanId, TraceId};

thread_local! {
    static CURRENT: RefCell<Option<RequestContext>> = const { RefCell::new(None) };
}

/// Keeps a context current until this is dropped, then restores the context before.
#[derive(Debug)]
pub(crate) struct Entered {
    /// The context that was current before.
    before: Option<RequestContext>,
    /// Whether it has been restored.
    is_left: bool,
}

/// Makes `context` current on this thread.
pub(crate) fn enter(mut context: Option<RequestContext>) -> Entered {
    exchange(&mut context);
    Entered {
        before: context,
        is_left: false,
    }
}

/// Exchanges the current context with the one in `place`; a second call restores both. Does nothing on a thread that
/// is ending.
#[inline]
pub(crate) fn exchange(place: &mut Option<RequestContext>) {
    let _ = CURRENT.try_with(|current| {
        if let Ok(mut current) = current.try_borrow_mut() {
            std::mem::swap(&mut *current, place);
        }
    });
}

// === impl Entered ===

impl Entered {
    /// Restores the context before, and returns the one that was current, which saves a clone at the next entry.
    pub(crate) fn leave(mut self) -> Option<RequestContext> {
        self.is_left = true;
        exchange(&mut self.before);
        self.before.take()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if !self.is_left {
            exchange(&mut self.before);
        }
    }
}

/// Runs `read` on the current context without cloning it.
pub(crate) fn with_current<R>(read: impl FnOnce(&RequestContext) -> R) -> Option<R> {
    CURRENT
        .try_with(|current| current.try_borrow().ok().and_then(|current| current.as_ref().map(read)))
        .ok()
        .flatten()
}

/// The ids for an exemplar: those of the current request, if it is sampled.
pub(crate) fn exemplar_ids() -> Option<(TraceId, SpanId)> {
    with_current(|context| context.is_sampled().then(|| (context.trace_id(), context.span_id()))).flatten()
}

/// The context of the request that this task works on, if there is one.
#[must_use]
pub fn current() -> Option<RequestContext> {
    with_current(RequestContext::clone)
}

/// Sets a field on the current context: every following log line of this request carries it.
///
/// Does nothing outside a request. A second value for a key replaces the first.
///
/// ```
/// # obs_core::context::run_new(|| {
/// obs_core::context::set_field("user_id", "user-456");
/// obs_core::context::set_field("amount_cents", 1999);
/// # });
/// ```
pub fn set_field(key: impl Into<Cow<'static, str>>, value: impl Into<FieldValue>) {
    if let Some(context) = current() {
        context.set_field(key, value);
    }
}

/// Sets a field on the current context and the same as an attribute of the request's span: one call for lines and
/// traces.
///
/// Does nothing outside a request. A second value for a key replaces the first. The span is the request's own, also
/// within [`in_span`](crate::trace::in_span) and spans of `tracing`; for the active one there is
/// [`trace::set_attribute`](crate::trace::set_attribute), for lines alone [`set_field`].
///
/// ```
/// # obs_core::context::run_new(|| {
/// obs_core::context::record("user_id", "user-456");
/// # });
/// ```
pub fn record(key: impl Into<Cow<'static, str>>, value: impl Into<FieldValue>) {
    if let Some(context) = current() {
        context.record(key, value);
    }
}

/// Removes all fields of the current context; its ids stay.
pub fn clear() {
    if let Some(context) = current() {
        context.clear_fields();
    }
}
