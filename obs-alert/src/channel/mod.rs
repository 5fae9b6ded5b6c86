//! Notification channels: [`Channel`].
//!
//! A channel is checked by its settings (`config`), and started as a thread with a bounded queue (`handle`, `queue`).
//! The thread sends by one of the transports (`builtin`), with backoff and a rate limit.

mod alertmanager;
mod builtin;
mod closure;
mod config;
#[cfg(feature = "email")]
mod email;
mod endpoint;
mod handle;
mod notification;
mod post;
mod queue;
mod rate_limiter;
mod secret;
mod send_error;
mod settings;
mod slack;
mod webhook;

#[cfg(test)]
mod tests;

pub(crate) use {
    handle::{ChannelHandle, Report, Reports},
    notification::Stamp,
};

#[cfg(feature = "email")]
pub use email::{Email, EmailSecurity};
pub use {config::Channel, notification::Notification};
