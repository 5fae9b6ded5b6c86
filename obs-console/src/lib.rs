//! The console of obs: a service looked at with nothing installed.
//!
//! It has pages and JSON over the flight recorder, the registry, the lines and the alerts of an instance. This crate names
//! no framework: an adapter mounts a [`Console`] with its feature `console`.
//!
//! ```
//! use obs_console::{Console, Intake, Rights};
//! use obs_core::Obs;
//!
//! let obs = Obs::builder("payment-service").log_writer(std::io::sink()).build()?;
//! let console = Console::builder(&obs)
//!     .token_with("for-all-who-may-look", Rights::see())
//!     .token("for-those-who-are-on-call")
//!     .controls(true)
//!     .allow_host("payments.internal")
//!     .accept_otlp(Intake::new("for-other-services"))
//!     .build()?;
//! // obs_axum::console("/obs", &console), obs_actix::console("/obs", &console)
//! # let _ = console;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Who may use it
//!
//! | setting | admitted |
//! |---|---|
//! | none | clients on this machine, unless they have come through a proxy |
//! | [`token`](ConsoleBuilder::token), [`token_with`](ConsoleBuilder::token_with) | whoever shows it: `Authorization: Bearer`, or the form of the login, which gives a cookie |
//! | [`one_time_link`](ConsoleBuilder::one_time_link) | whoever opens the [`link`](Console::link) first, which gives a cookie |
//!
//! The `Host` of every request must be a name of this machine, an IP address or an [allowed](ConsoleBuilder::allow_host) name:
//! a page of another site can lead a name of its own to this machine, but no other. Its `Origin` must be the console itself.
//! A proxy on this machine that adds no header is taken for a client on it: set a token behind one.
//!
//! [`Rights`] are what a token may do. What is redacted stays hidden from all; what is sensitive is hidden from those without
//! the right to see it; the controls are for those who may change, if they are [switched on](ConsoleBuilder::controls).
//!
//! # What it costs
//!
//! A service pays nothing for a console at which nobody looks, but for the history of metrics, which is sampled on a thread.
//! Answers are made one after the other on a thread of the console's own, which starts with the first request; no request
//! of the service waits for it. At most 32 clients follow, and those that don't take what they are sent for 30 seconds are
//! dropped.

pub mod query;

mod builder;
mod console;
mod error;
mod intake;
mod rights;
mod server;

pub use builder::ConsoleBuilder;
pub use console::Console;
pub use error::ConsoleError;
pub use intake::Intake;
pub use rights::Rights;
pub use server::{Admitted, ConsoleBody, ConsoleRequest, ConsoleResponse, Follower, split_mount};
