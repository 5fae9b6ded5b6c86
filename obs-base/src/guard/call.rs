//! Calls whose panics are caught.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs `call` and returns its result; `None` if it panics.
///
/// The payload of the panic is dropped here, and a panic of its destructor is caught too. The process's panic hook has
/// run before, so the panic is reported as any other one.
///
/// State that `call` was changing may be inconsistent after a panic: pass closures over values that are discarded or
/// valid at each step. With `panic = "abort"` the process ends.
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

/// Drops the payload of a panic, which may be of any type of the application.
#[cold]
#[expect(
    clippy::mem_forget,
    reason = "a payload that panics when it is dropped may have one that does, without end"
)]
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
    fn the_result_of_a_call_is_returned() {
        assert_eq!(guarded(|| "returned"), Some("returned"));
    }

    #[test]
    fn a_panic_is_caught() {
        assert_eq!(guarded(|| -> u8 { resume_unwind(Box::new("on purpose")) }), None);
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_is_caught() {
        assert!(guarded(|| -> () { resume_unwind(Box::new(Hostile)) }).is_none());
    }
}
