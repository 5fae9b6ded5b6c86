//! The mark of export threads.

use std::cell::Cell;

thread_local! {
    static EXPORTS: Cell<bool> = const { Cell::new(false) };
}

/// Whether this is an export thread.
///
/// Spans and events of the export itself (of its HTTP client) must not be exported: each export would cause another
/// one.
#[must_use]
#[inline]
pub fn is_export_thread() -> bool {
    EXPORTS.get()
}

/// Marks this thread as an export thread until it ends.
#[doc(hidden)]
pub fn become_export_thread() {
    EXPORTS.set(true);
}
