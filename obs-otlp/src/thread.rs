//! Telling export threads from all others.

use std::cell::Cell;

thread_local! {
    static EXPORTS: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread exports: spans and events that the export itself makes must not be exported.
#[must_use]
#[inline]
pub fn is_export_thread() -> bool {
    EXPORTS.get()
}

/// Marks this thread as one that exports, for its life.
#[doc(hidden)]
pub fn become_export_thread() {
    EXPORTS.set(true);
}
