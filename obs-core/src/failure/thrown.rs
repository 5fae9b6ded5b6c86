//! The last panic of a thread, for the request or job that it ends.

use std::cell::RefCell;

use obs_base::ids::SpanId;

use super::Failure;

/// A panic as the hook has seen it.
struct Thrown {
    /// What was current: its own span id, which nothing else has.
    within: SpanId,
    failure: Failure,
}

thread_local! {
    static LAST: RefCell<Option<Thrown>> = const { RefCell::new(None) };
}

/// Keeps the description of a panic within the request or job with this span id, until the next one of this thread.
pub(crate) fn note_panic(within: SpanId, failure: Failure) {
    let thrown = Thrown { within, failure };
    let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| last.replace(thrown)).is_ok());
}

/// A copy of what [`take_panic`] would take.
pub(crate) fn peek_panic(within: SpanId) -> Option<Failure> {
    let peek = |last: &RefCell<Option<Thrown>>| {
        let last = last.try_borrow().ok()?;
        let thrown = last.as_ref().filter(|thrown| thrown.within == within)?;
        Some(thrown.failure.clone())
    };
    LAST.try_with(peek).ok().flatten()
}

/// The last panic of this thread, once, if it was within the request or job with this span id.
pub(crate) fn take_panic(within: SpanId) -> Option<Failure> {
    let take = |last: &RefCell<Option<Thrown>>| last.try_borrow_mut().ok()?.take_if(|thrown| thrown.within == within);
    Some(LAST.try_with(take).ok().flatten()?.failure)
}
