//! Groups of panels, each under its heading.

mod backends;
mod endpoints;
mod errors;
mod objectives;
mod own;
mod red;
mod saturation;
mod signals;

pub(super) use backends::{caches, clients, databases};
pub(super) use endpoints::{by_endpoint, sizes, streams, table};
pub(super) use errors::errors;
pub(super) use objectives::{burn_rates, objective, objectives};
pub(super) use own::own;
pub(super) use red::red;
pub(super) use saturation::saturation;
pub(super) use signals::{logs, traces};
