//! Formatting of values by code of others: `Debug`, `Display` and `Error` of the application.
//!
//! That code may panic, never come to an end, log in turn, or tell a gigabyte. Here it does none of that
//! to the request: a panic becomes a mark, text is cut while it is written, and what is logged by
//! the formatting of what is logged by … is told as `<logged while formatting>`.

mod copies;
mod error;
mod text;

pub(crate) use copies::Copies;
pub(crate) use error::ErrorCopy;
pub(crate) use text::{Limited, floor_char_boundary, with_text, within_depth};
