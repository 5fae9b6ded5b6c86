//! The console of obs: a service looked at with nothing installed.
//!
//! It has pages and JSON over the flight recorder, the registry, the lines and the alerts of an instance. This crate names
//! no framework: an adapter mounts a [`Console`] with its feature `console`.

pub mod query;

mod builder;
mod console;
mod error;
mod rights;
mod server;

pub use builder::ConsoleBuilder;
pub use console::Console;
pub use error::ConsoleError;
pub use rights::Rights;
pub use server::{Admitted, ConsoleBody, ConsoleRequest, ConsoleResponse, Follower, split_mount};
