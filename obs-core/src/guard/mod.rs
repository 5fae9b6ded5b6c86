//! Calls of code that is not obs's own: hooks and readers of the application, its `Display` impls and
//! its errors. For adapters.
//!
//! A panic of such code ends where obs calls it: a request must not fail because of what observes it.
//!
//! ```
//! use obs_core::guard::{Guarded, guarded};
//!
//! assert_eq!(guarded(|| 1 + 1), Some(2));
//! assert_eq!(guarded(|| -> u32 { std::panic::resume_unwind(Box::new("on purpose")) }), None);
//!
//! let hook = Guarded::new("the endpoint function", |path: &str| path.len());
//! assert_eq!(hook.call(|hook| hook("/users")), Some(6));
//! ```

mod call;
mod chain;
mod hook;
mod recorder;
mod text;

pub(crate) use chain::text_with_sources;
pub(crate) use recorder::GuardedRecorder;

pub use call::guarded;
pub use chain::{Chain, MAX_SOURCES, chain, chain_text};
pub use hook::Guarded;
pub use text::{PANICKED, text_of};
