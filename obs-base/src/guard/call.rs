//! A call whose panic is caught.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs `call` and returns its result; `None` if it panics.
///
/// The payload of the panic is dropped here as well, and a panic of that is caught too.
#[inline]
pub fn guarded<R>(call: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(returned) => Some(returned),
        Err(payload) => {
            discard(payload);
            None
        }
    }
}

/// Drops the payload of a panic, which may be any type of the application's.
#[cold]
#[expect(clippy::mem_forget, reason = "a payload that panics when it is dropped may have one that does, without end")]
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(next) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(next);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{panic_any, resume_unwind};

    use super::*;

    /// Panics whenever it is dropped.
    struct Hostile;

    impl Drop for Hostile {
        fn drop(&mut self) {
            panic_any(Self);
        }
    }

    #[test]
    fn what_a_call_returns_comes_through() {
        assert_eq!(guarded(|| "here"), Some("here"));
    }

    #[test]
    fn a_panic_ends_here() {
        assert_eq!(guarded(|| -> u8 { resume_unwind(Box::new("on purpose")) }), None);
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_ends_here() {
        assert!(guarded(|| -> () { resume_unwind(Box::new(Hostile)) }).is_none());
    }
}
