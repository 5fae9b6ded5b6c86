//! Label values that stand for something else.

/// A method outside the known set, or a value outside a closed list
/// ([HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/)).
pub const OTHER: &str = "_OTHER";
/// `runtime` of the one that the service was started in.
pub const MAIN_RUNTIME: &str = "main";
/// No route matched.
pub const UNMATCHED: &str = "unmatched";
/// The series that takes what the cap refuses.
pub const OVERFLOW: &str = "_overflow";
/// What a redacted value is replaced by.
pub const REDACTED: &str = "REDACTED";
