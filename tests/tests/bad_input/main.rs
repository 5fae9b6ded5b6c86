//! Invalid configurations and invalid requests.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

mod configurations;
mod errors;
mod requests;
