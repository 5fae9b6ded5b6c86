//! RED metrics: rate, errors and duration of requests, and what is in flight.
//!
//! The instruments of a server or client share one [`Store`] for each registry and namespace. A
//! request finds its place there once, on arrival, through a cache of its thread; from then on it
//! only adds to atomic cells.

mod cache;
mod chunk;
mod flight;
mod handle;
mod instruments;
mod route;
mod series;
mod server;
mod store;
mod walk;

pub(super) use instruments::RedMetric;
pub(super) use store::{Store, StoreKey};

pub(crate) use flight::Measured;
pub(crate) use server::{InFlight, RedOptions, ServerRed, StreamRecorder, Target};
