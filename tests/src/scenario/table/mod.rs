//! The rows, by theme.
//!
//! A row reads from left to right: what happens; what the client asks and does; the route and what it
//! does; what every signal must show. What a row doesn't say is as usual: the request belongs to the
//! caller's sampled trace, is recorded under its route and method, and takes as long as it takes.

mod bad_input;
mod endings;
mod errors;
mod fields;
mod heads;
mod identity;
mod list;
mod routing;

pub use {
    bad_input::bad_input, endings::endings, errors::errors, fields::fields, heads::heads, identity::identity,
    list::all, routing::routing,
};
