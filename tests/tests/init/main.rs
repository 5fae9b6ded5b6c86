//! What a process has only one of: `init()`, the defaults without it, adopted recorders.
//!
//! Each test runs in a process of its own, see [`own_process`].

#![expect(
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "a test that can't go on should stop; counts are exact"
)]

mod defaults;
mod global_propagator;
mod layers;
mod made_default;
mod notices;
mod own_process;
mod recorder;
mod refused;
mod runtimes;
mod service;
mod several;
