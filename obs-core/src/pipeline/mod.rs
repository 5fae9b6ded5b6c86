//! What one instance is made of: its signals, its handle [`Obs`], and the process-wide default.
//!
//! Layers, clients and pages hold a [`Pipeline`] and record into it; nothing here depends on them.

mod connections;
mod default;
mod expected;
mod handle;
mod idle;
mod in_flight_count;
mod known_methods;
mod overrides;
mod routes;
mod signals;

pub(crate) use connections::Connections;
pub(crate) use default::{default, default_registry, default_routes, env, install, installed, is_installed};
pub(crate) use handle::Listener;
pub(crate) use known_methods::{KnownMethods, original as original_method};
pub(crate) use routes::Routes;
pub(crate) use signals::{Naming, Pipeline};

pub use handle::Obs;
pub use known_methods::{KNOWN_METHODS, known_method};
