//! Groups of panels, each under its heading.

mod backends;
mod endpoints;
mod errors;
mod own;
mod promises;
mod red;
mod saturation;
mod signals;

pub(super) use backends::{caches, clients, databases};
pub(super) use endpoints::{by_endpoint, sizes, streams, table};
pub(super) use errors::errors;
pub(super) use own::own;
pub(super) use promises::{burn_rates, promise};
pub(super) use red::red;
pub(super) use saturation::saturation;
pub(super) use signals::{logs, traces};
