//! The life of an alert: inactive, pending, firing, resolved.

mod active;
mod alert;
mod fingerprint;
mod phase;
mod template;

pub(crate) use {
    active::{Active, Outcome},
    fingerprint::fingerprint,
    phase::{Phase, Times},
    template::expand,
};

pub use alert::{Alert, AlertState};
