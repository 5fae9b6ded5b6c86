//! What the adapters of obs for the [`http`] 1 crate share, obs-axum and obs-reqwest: header maps as the core reads and
//! writes them, and the body of a response that is watched to its end.
//!
//! This crate is internal to obs: it changes with the other crates of obs and gives no promise of its own. Applications
//! use the adapters, which re-export what they may need.

mod attempt;
mod body;
mod frame;
mod headers;
mod target;

pub use attempt::Attempt;
pub use body::ObsClientBody;
pub use frame::for_each_chunk;
pub use headers::{Headers, insert_trace_response, propagate, protocol};
pub use target::Target;
