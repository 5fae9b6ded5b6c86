#![doc = include_str!("variables.md")]

mod ignored;
#[cfg(test)]
mod tests;

pub(crate) use ignored::report_ignored;
pub(crate) use obs_base::environment::{Env, Notices};
