//! Closures as conditions.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A closure as a condition, made by [`Condition::custom`](crate::Condition::custom): `true` while the condition holds;
/// after an error the result is unknown. It has no `PromQL`, so that only the process evaluates it.
///
/// ```
/// use obs_rules::Condition;
///
/// let full = Condition::custom(|| std::fs::metadata(".").map(|folder| folder.permissions().readonly()));
/// assert_eq!(full.closure().unwrap().call().ok(), Some(false));
/// ```
#[derive(Clone)]
pub struct Custom {
    closure: Arc<CustomFn>,
    /// Whether a call has not returned yet.
    is_running: Arc<AtomicBool>,
}

pub(super) type CustomFn = dyn Fn() -> Result<bool, Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

/// A call of the closure that goes on; over when it is dropped.
#[derive(Debug)]
struct Running<'a>(&'a AtomicBool);

// === impl Custom ===

impl Custom {
    pub(super) fn new(closure: Arc<CustomFn>) -> Self {
        Self {
            closure,
            is_running: Arc::default(),
        }
    }

    /// Calls the closure, which may panic.
    ///
    /// # Errors
    ///
    /// What the closure returns, or if an earlier call of it, or of a clone, has not returned yet.
    pub fn call(&self) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        if self.is_running.swap(true, Ordering::AcqRel) {
            return Err("an earlier call has not returned yet".into());
        }
        let _running = Running(&self.is_running);
        (self.closure)()
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Custom(..)")
    }
}

// === impl Running ===

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
