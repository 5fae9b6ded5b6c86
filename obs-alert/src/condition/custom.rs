//! Closures as conditions.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A closure as a condition: `true` while it is so; an error is neither.
#[derive(Clone)]
pub struct Custom {
    ask: Arc<CustomFn>,
    /// It was asked, and has not answered yet.
    is_asked: Arc<AtomicBool>,
}

pub(super) type CustomFn = dyn Fn() -> Result<bool, Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

/// Ends when the closure has answered, however it does.
#[derive(Debug)]
pub(crate) struct Asked(Arc<AtomicBool>);

// === impl Custom ===

impl Custom {
    pub(super) fn new(ask: Arc<CustomFn>) -> Self {
        Self { ask, is_asked: Arc::default() }
    }

    /// Asks the closure.
    ///
    /// # Errors
    ///
    /// What the closure returns.
    pub fn is_so(&self) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        (self.ask)()
    }

    /// `None` if it was asked before and has not answered yet.
    pub(crate) fn begin(&self) -> Option<Asked> {
        (!self.is_asked.swap(true, Ordering::AcqRel)).then(|| Asked(Arc::clone(&self.is_asked)))
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Custom(..)")
    }
}

// === impl Asked ===

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
