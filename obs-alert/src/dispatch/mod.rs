//! Which channel is notified of which alert, and when: groups, cooldowns, [`Silence`]s and [`Inhibition`]s.
//!
//! The `dispatcher` keeps a `record` for each channel and alert, so that a channel that was notified of a firing
//! alert is notified of its end.

mod dispatcher;
mod group;
mod inhibition;
mod matchers;
mod mutes;
mod record;
mod saved;
mod silence;

#[cfg(test)]
mod tests;

pub(crate) use {dispatcher::Dispatcher, saved::SavedRecord};
pub use {
    inhibition::Inhibition,
    silence::{Silence, SilenceId},
};
