//! The filter language of all lists.
//!
//! A filter is a list of terms, which all have to hold:
//!
//! | term | holds if |
//! |---|---|
//! | `timeout`, `"two words"` | the row has this text somewhere, whatever the case of ASCII letters |
//! | `key:value` | the value of the key is this one; `*` stands for any text |
//! | `key:a\|b` | it is one of these |
//! | `key:>500ms`, `>=`, `<`, `<=` | it is larger or smaller; of `duration`, `age`, `status`, `at` and fields |
//! | `-term` | the term does not hold |
//!
//! The keys are those of [`Key`]; a value with spaces is quoted. `level:warn` means this level and those above it,
//! `status:5xx` all of this class, `target:shop` the modules in it too, `duration:500` milliseconds.
//!
//! ```
//! use obs_console::query::Query;
//!
//! let query = Query::parse("level:warn -target:hyper \"connection reset\" field.order_id:7|8")?;
//! assert_eq!(query.to_string(), "level:warn -target:hyper \"connection reset\" field.order_id:7|8");
//! assert_eq!(Query::parse("level:warn colour:red").unwrap_err().offset(), 11);
//! # Ok::<(), obs_console::query::BadFilter>(())
//! ```

mod display;
mod error;
mod key;
mod parse;
mod row;
mod suggest;
mod term;
#[cfg(test)]
mod tests;

pub use error::BadFilter;
pub use key::Key;
pub use term::Query;

pub(super) use row::{Cell, Row};
pub(super) use suggest::{Suggested, suggested};
