//! Values of the `obs.kept` attribute: why the span of a request that was not sampled is there.

/// It ended in an error.
pub const ERROR: &str = "error";
/// It took longer than the threshold.
pub const SLOW: &str = "slow";
