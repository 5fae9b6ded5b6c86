//! The metrics page on an address of its own, so that it need not be public with the service.
//!
//! One thread with a runtime of its own speaks HTTP/1.1, so the page answers when the service's
//! runtime is busy or has ended. `/metrics` is the page, all else is not found.

#[cfg(not(feature = "serve-metrics"))]
mod absent;
#[cfg(feature = "serve-metrics")]
mod connection;
#[cfg(feature = "serve-metrics")]
mod listener;
#[cfg(test)]
#[cfg(feature = "serve-metrics")]
mod tests;

#[cfg(not(feature = "serve-metrics"))]
pub(crate) use absent::{Bound, Serving, bind};
#[cfg(feature = "serve-metrics")]
pub(crate) use listener::{Bound, Serving, bind};
