//! The services on actix-web.

mod scenario;
mod server;
mod w3c;

pub(crate) use {scenario::scenario, server::serve, w3c::w3c};
