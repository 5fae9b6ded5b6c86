#![doc = include_str!("variables.md")]

mod env;
mod ignored;
mod list;
mod notices;
#[cfg(test)]
mod tests;

pub(crate) use env::Env;
pub(crate) use ignored::tell_ignored;
pub(crate) use list::pairs;
pub(crate) use notices::Notices;
