//! Why a request failed: the error behind it.

mod description;
#[cfg(test)]
#[path = "description_tests.rs"]
mod description_tests;
mod fingerprint;

pub use description::Failure;
pub(crate) use fingerprint::fingerprint;
