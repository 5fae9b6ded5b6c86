//! Closures as conditions.

use std::{fmt, sync::Arc};

/// A closure as a condition: `true` while it is so; an error is neither.
#[derive(Clone)]
pub struct Custom(Arc<CustomFn>);

pub(super) type CustomFn = dyn Fn() -> Result<bool, Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

// === impl Custom ===

impl Custom {
    pub(super) fn new(is_so: Arc<CustomFn>) -> Self {
        Self(is_so)
    }

    /// Asks the closure.
    ///
    /// # Errors
    ///
    /// What the closure returns.
    pub fn is_so(&self) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        (self.0)()
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Custom(..)")
    }
}
