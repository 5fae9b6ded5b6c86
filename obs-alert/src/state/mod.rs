//! The states of an alert, and the transitions between them: inactive, pending, firing, resolved.

mod active;
mod alert;
mod phase;
mod saved;

pub(crate) use {
    active::{Active, static_labels},
    alert::fingerprint,
    phase::{Phase, Times},
    saved::SavedAlert,
};

pub use alert::{Alert, AlertState};
