//! The metrics page on an address of its own, so that it need not be public with the service.
//!
//! One thread with a runtime of its own speaks HTTP/1.1, so the page answers when the service's
//! runtime is busy or has ended. `/metrics` is the page, all else is not found.
//!
//! At most 64 connections are open. A client that says nothing, that does not finish what it says or does not
//! read what it asked for holds up nobody: the first head of a connection has five seconds, and when there is
//! no room, the connection that has been idle for longest gives way.

#[cfg(not(feature = "serve-metrics"))]
mod absent;
#[cfg(feature = "serve-metrics")]
mod connection;
#[cfg(feature = "serve-metrics")]
mod connections;
#[cfg(feature = "serve-metrics")]
mod listener;
#[cfg(feature = "serve-metrics")]
mod stream;
#[cfg(test)]
#[cfg(feature = "serve-metrics")]
mod tests;

#[cfg(not(feature = "serve-metrics"))]
pub(crate) use absent::{Bound, bind};
#[cfg(feature = "serve-metrics")]
pub(crate) use listener::{Bound, bind};
