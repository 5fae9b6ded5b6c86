//! The message and place of a panic, for the line and the span of the request that it ended.

use std::{
    cell::RefCell,
    panic::{self, PanicHookInfo},
    sync::Once,
    thread,
};

use crate::context;

thread_local! {
    static LAST: RefCell<Option<PanicReport>> = const { RefCell::new(None) };
}

/// What a panic said, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PanicReport {
    pub(crate) message: String,
    /// `file:line:column`
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
            let in_request = context::with_current(|_| ()).is_some();
            if in_request {
                note(info);
            }
            before(info);
            if !in_request || cfg!(panic = "abort") {
                outside();
            }
        }));
    });
}

fn note(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("(no text)").to_owned();
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let _ = LAST.try_with(|last| last.replace(Some(PanicReport { message, location })));
}

/// The last panic noted on this thread, once.
pub(super) fn take_report() -> Option<PanicReport> {
    LAST.try_with(RefCell::take).ok().flatten()
}
