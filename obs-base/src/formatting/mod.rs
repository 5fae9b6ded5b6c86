//! Safe formatting of the application's values by their `Debug`, `Display` and `Error` impls.
//!
//! Such code may panic, write without end, or log in turn. Three limits apply:
//!
//! - A panic is caught, and the text becomes `<panicked while formatting>`.
//! - The text is cut at a limit in bytes while it is written, so that a value of any size takes bounded memory and
//!   time.
//! - A value that is formatted while another one is being formatted (a `Debug` impl that logs) is formatted too, but on
//!   the third level it becomes `<logged while formatting>`.
//!
//! ```
//! use obs_base::formatting::with_text;
//!
//! let text = with_text(4, |out| out.debug(&vec![1, 2, 3]), |text, is_complete| (text.to_owned(), is_complete));
//! assert_eq!(text, ("[1, ".to_owned(), false));
//! ```

mod copies;
mod error;
mod text;

pub use copies::Copies;
pub use error::ErrorCopy;
pub use text::{Limited, floor_char_boundary, with_text, within_depth};
