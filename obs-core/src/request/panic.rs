//! The message and place of a panic, for the line and the span of the request that it ended.

use std::{
    any::Any,
    cell::RefCell,
    panic::{self, PanicHookInfo},
    sync::Once,
    thread,
};

use crate::{
    context::{self, RequestContext, SpanId},
    guard::text_of,
};

/// The longest message that is kept, in bytes.
const MAX_MESSAGE: usize = 4_096;

/// A panic in a request, as the hook has seen it.
struct Noted {
    /// The request that was current: its own span id, which no other request has.
    request: SpanId,
    report: PanicReport,
}

thread_local! {
    static LAST: RefCell<Option<Noted>> = const { RefCell::new(None) };
}

/// What a panic said, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PanicReport {
    pub(crate) message: String,
    /// `file:line:column`; empty where it is not known.
    pub(crate) location: String,
}

/// Adds a panic hook before the one that is installed: it notes panics in requests, and calls
/// `outside` for any other, before the process may end.
pub(crate) fn install_hook(outside: impl Fn() + Send + Sync + 'static) {
    static INSTALLED: Once = Once::new();
    if thread::panicking() {
        return;
    }
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let request = context::with_current(RequestContext::span_id);
            if let Some(request) = request {
                note(info, request);
            }
            before(info);
            if request.is_none() || cfg!(panic = "abort") {
                outside();
            }
        }));
    });
}

fn note(info: &PanicHookInfo<'_>, request: SpanId) {
    let message = message_of(info.payload());
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let noted = Noted {
        request,
        report: PanicReport { message, location },
    };
    let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| last.replace(noted)).is_ok());
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text_of(text.unwrap_or("(no text)"), MAX_MESSAGE)
}

/// The report of a panic with this payload in the current request. The location is that of the last
/// panic of this request on this thread, if its message is the same: `resume_unwind` calls no hook, and the location of
/// a panic that was caught before would be wrong.
pub(super) fn report_of(payload: &(dyn Any + Send), request: Option<SpanId>) -> PanicReport {
    let message = message_of(payload);
    let noted = request.and_then(take_report).filter(|noted| noted.message == message);
    noted.unwrap_or(PanicReport {
        message,
        location: String::new(),
    })
}

/// The last panic noted on this thread, once, if it was in this request.
pub(super) fn take_report(request: SpanId) -> Option<PanicReport> {
    let take = |last: &RefCell<Option<Noted>>| last.try_borrow_mut().ok()?.take_if(|noted| noted.request == request);
    Some(LAST.try_with(take).ok().flatten()?.report)
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    use super::*;
    use crate::context::run_in;

    fn panics(request: &RequestContext, message: &'static str) {
        let caught = catch_unwind(AssertUnwindSafe(|| run_in(request.clone(), || panic!("{message}"))));
        assert!(caught.is_err());
    }

    fn report(request: &RequestContext, message: &'static str) -> PanicReport {
        let thrown = catch_unwind(|| resume_unwind(Box::new(message))).unwrap_err();
        report_of(&*thrown, Some(request.span_id()))
    }

    #[test]
    fn a_panic_that_was_caught_shows_in_no_later_one() {
        install_hook(|| ());
        let (first, second) = (RequestContext::start(), RequestContext::start());
        panics(&first, "caught");
        assert_eq!(report(&second, "thrown").message, "thrown");
        assert_eq!(report(&second, "caught").location, "", "it was in another request");
        assert_eq!(
            report(&first, "thrown"),
            PanicReport {
                message: "thrown".to_owned(),
                location: String::new()
            }
        );
    }

    #[test]
    fn a_panic_has_its_place_and_a_bounded_message() {
        install_hook(|| ());
        let request = RequestContext::start();
        let long: &'static str = Box::leak("x".repeat(10_000).into());
        panics(&request, long);
        let report = report(&request, long);
        assert_eq!(report.message.len(), MAX_MESSAGE);
        assert!(report.location.contains("panic.rs:"), "{report:?}");
    }
}
