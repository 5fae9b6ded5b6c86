//! Whole lines, from events to bytes.

mod constants;
mod counters;
mod events;
mod feed;
mod fixture;
mod held;
mod levels;
mod limits;
mod overrides;
mod profiles;
mod requests;
mod sampling;
mod writing;

pub(crate) use profiles::assert_ecs_types;
