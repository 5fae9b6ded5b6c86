//! RED metrics: rate, errors and duration of requests, and what is in flight.
//!
//! The instruments of a server or client share one [`Store`] for each registry and namespace. A
//! request finds its route there once, on arrival, through a cache of its thread; from then on it
//! only adds to atomic cells.
//!
//! | file | has |
//! |---|---|
//! | `server`, `client` | the instruments that layers and clients record with |
//! | `store`, `stores`, `pushed` | the series of one namespace; a second store for metrics that are pushed |
//! | `handle`, `cache`, `route` | from a request to its route: the thread's cache, the cells of a route |
//! | `tail` | the latency that one in a hundred requests of a route exceeds |
//! | `layout`, `dimensions`, `pairs` | the labels of each metric, and the values that layers add |
//! | `in_flight`, `in_flight_series` | the gauge of requests in flight |
//! | `walk`, `series`, `chunk` | reading the series for a page |

mod cache;
mod chunk;
mod client;
mod dimensions;
mod handle;
mod in_flight;
mod in_flight_series;
mod instruments;
mod layout;
mod measured;
mod options;
mod pairs;
mod pushed;
mod route;
mod series;
mod server;
mod store;
mod stores;
mod tail;
mod walk;

pub(super) use layout::RedMetric;
pub(super) use pushed::PUSHED;
pub(super) use store::{Store, StoreKey};

pub(crate) use client::{ClientInFlight, ClientRed};
pub(crate) use dimensions::DimensionValues;
pub(crate) use measured::{Measured, grpc_as_status};
pub(crate) use options::{DEFAULT_MAX_HOSTS, Push, RedOptions, Target};
pub(crate) use server::{InFlight, ServerRed, StreamRecorder};

pub use dimensions::MAX_LABELS;
pub use obs_conventions::Convention;
