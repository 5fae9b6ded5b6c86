//! Sections of dashboards: a row heading with its panels.

mod backends;
mod endpoints;
mod objectives;
mod requests;
mod telemetry;

pub(super) use backends::{caches, clients, databases, saturation};
pub(super) use endpoints::{by_endpoint, sizes, streams, table};
pub(super) use objectives::{burn_rates, objective, objectives, own};
pub(super) use requests::{errors, red};
pub(super) use telemetry::{logs, telemetry, traces};
