//! What a URL answers: a console, a metrics page, or why neither.

mod address;
mod console;
mod error;
mod follow;
mod target;
mod token;
mod transport;

#[cfg(test)]
pub(crate) mod mock;
#[cfg(test)]
mod tests;

pub(crate) use address::{Address, Query};
pub(crate) use console::{Answer, Console};
pub(crate) use error::ClientError;
pub(crate) use follow::{Event, Follower};
pub(crate) use target::Target;
pub(crate) use token::Token;
pub(crate) use transport::{Body, Transport};
