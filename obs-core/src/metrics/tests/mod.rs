//! What the registry promises, page by page.

#![expect(clippy::float_cmp, reason = "the numbers are those that were recorded")]

mod cache;
mod caps;
mod clashes;
mod descriptions;
mod facade;
mod layouts;
mod methods;
mod names;
mod pages;
mod parser;
mod prelude;
mod protobuf;
mod reading;
mod support;
mod types;
mod warnings;
