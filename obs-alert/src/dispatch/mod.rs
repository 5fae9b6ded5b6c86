//! Which channel is notified of which alert, and when.

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
