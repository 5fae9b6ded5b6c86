//! The controls: what a person changes of the service, for a time.
//!
//! Each change is written to a line before it is made, so that it can't hide itself, and is kept in a list that the page
//! shows. All of them return by themselves.

mod audit;
mod change;
mod state;
#[cfg(test)]
mod tests;

pub(super) use change::{Change, Kind};
pub(super) use state::Controls;
