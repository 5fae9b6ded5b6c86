//! Configurations that can't be, and requests that nobody should send.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

mod configurations;
mod errors;
mod requests;
