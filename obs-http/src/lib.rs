//! What the adapters of obs for the crate [`http`] 1 share, obs-axum and obs-reqwest: reading and
//! writing headers, the body of a client's response, the future of a client's call.
//!
//! This crate is internal: it changes together with the other crates of obs and has no stable
//! API. Applications use the adapters, which re-export what is public: [`Target`],
//! [`ObsClientBody`].

mod attempt;
mod body;
mod frame;
mod headers;
mod target;

pub use attempt::Attempt;
pub use body::ObsClientBody;
pub use frame::for_each_chunk;
pub use headers::{Headers, content_length, insert_trace_response, propagate, protocol};
pub use target::Target;
