//! Formatting of values by the application's `Debug`, `Display` and `Error` impls.
//!
//! They may panic, write without end, or log in turn. Here a panic becomes a mark, text is cut while it is written, and
//! values that are logged while others are formatted are replaced by `<logged while formatting>` from the second level on.

mod copies;
mod error;
mod text;

pub use copies::Copies;
pub use error::ErrorCopy;
pub use text::{Limited, floor_char_boundary, with_text, within_depth};
