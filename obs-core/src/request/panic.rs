//! The message and the location of a panic, for the line and the span of the request that it ended.

use std::{
    any::Any,
    panic::{self, PanicHookInfo},
    sync::Once,
    thread,
};

use crate::{
    context::{self, RequestContext, SpanId},
    failure::{Failure, note_panic, take_panic},
};

/// Installs a panic hook in front of the current one. It stores the reports of panics in requests, and calls
/// `outside` for any other panic, before the process may end.
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
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    note_panic(request, Failure::of_panic(message_of(info.payload()), &location));
}

fn message_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or_default()
}

/// The description of a panic with this payload in the current request. The location is that of the last
/// panic of this request on this thread, if its message is the same: `resume_unwind` calls no hook, and the location of
/// a panic that was caught before would be wrong.
pub(super) fn failure_of(payload: &(dyn Any + Send), request: Option<SpanId>) -> Failure {
    let failure = Failure::of_panic(message_of(payload), "");
    let noted = request.and_then(take_panic);
    noted
        .filter(|noted| noted.message() == failure.message())
        .unwrap_or(failure)
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

    fn failure(request: &RequestContext, message: &'static str) -> Failure {
        let thrown = catch_unwind(|| resume_unwind(Box::new(message))).unwrap_err();
        failure_of(&*thrown, Some(request.span_id()))
    }

    #[test]
    fn a_panic_that_was_caught_shows_in_no_later_one() {
        install_hook(|| ());
        let (first, second) = (RequestContext::start(), RequestContext::start());
        panics(&first, "caught");
        assert_eq!(failure(&second, "thrown").message(), "thrown");
        assert_eq!(failure(&second, "caught").location(), None, "it was in another request");
        assert_eq!(failure(&first, "thrown"), Failure::of_panic("thrown", ""));
    }

    #[test]
    fn a_panic_has_its_place_and_a_bounded_message() {
        install_hook(|| ());
        let request = RequestContext::start();
        let long: &'static str = Box::leak("x".repeat(10_000).into());
        panics(&request, long);
        let failure = failure(&request, long);
        assert!(failure.message().len() < 5_000);
        assert!(failure.location().unwrap().contains("panic.rs:"), "{failure:?}");
    }
}
