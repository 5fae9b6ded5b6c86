//! Who is told of which alert, and when.

mod dispatcher;
mod group;
mod inhibition;
mod matchers;
mod record;
mod silence;

pub(crate) use {
    dispatcher::{Dispatcher, Firing},
    record::SavedRecord,
};
pub use {
    inhibition::Inhibition,
    silence::{Silence, SilenceId},
};
