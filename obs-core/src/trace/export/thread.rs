//! Telling the export thread from all others.

use std::cell::Cell;

thread_local! {
    static EXPORTS: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread sends spans or log records: what it does itself must not become either.
pub(crate) fn is_export_thread() -> bool {
    EXPORTS.get()
}

/// Makes this thread one that sends, for its life.
#[cfg(any(test, feature = "otlp-http", feature = "otlp-grpc"))]
pub(in crate::trace) fn become_export_thread() {
    EXPORTS.set(true);
}
