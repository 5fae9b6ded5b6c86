//! Environment variables, read by the types of OpenTelemetry's
//! [specification](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
//!
//! The variables that obs reads are listed in the documentation of `obs_core::environment`.
//!
//! ```
//! use obs_base::environment::{Env, Notices};
//!
//! let notices = Notices::default();
//! let read = |name: &str| (name == "SIZE").then(|| "many".to_owned());
//! assert_eq!(Env::new(&read, &notices).number(["SIZE"], 1), None);
//! assert_eq!(notices.take().len(), 1, "a value that can't be read is reported and counts as unset");
//! ```

mod env;
mod list;
mod notices;

pub use env::{Env, NO_LIMIT};
pub use list::pairs;
pub use notices::Notices;
