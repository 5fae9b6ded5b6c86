//! Values of the `outcome` label of [`database::QUERIES`](super::database::QUERIES).

/// There was a result.
pub const OK: &str = "ok";
/// The query failed.
pub const ERROR: &str = "error";
/// Nobody waited for the result any more.
pub const CANCELLED: &str = "cancelled";
/// The code of the query panicked.
pub const PANIC: &str = "panic";
