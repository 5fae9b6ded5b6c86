//! Where alerts are told: [`Channel`].

mod alertmanager;
mod builtin;
mod closure;
mod config;
#[cfg(feature = "email")]
mod email;
mod endpoint;
mod line;
mod notification;
mod pace;
mod post;
mod queue;
mod secret;
mod send_error;
mod settings;
mod slack;
mod webhook;

#[cfg(test)]
mod tests;

pub(crate) use {
    line::{Line, Report, Reports},
    notification::Stamp,
};

#[cfg(feature = "email")]
pub use email::{Email, EmailSecurity};
pub use {config::Channel, notification::Notification};
