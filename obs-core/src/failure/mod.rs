//! Why a request failed: the error behind it.

mod description;
#[cfg(test)]
#[path = "description_tests.rs"]
mod description_tests;
mod fingerprint;
mod thrown;

pub use description::Failure;
pub(crate) use fingerprint::fingerprint;
pub(crate) use thrown::{note_panic, peek_panic, take_panic};
