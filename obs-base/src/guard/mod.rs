//! Guarded calls of the application's code: its hooks and readers, its `Display` impls and its errors. For adapters.
//!
//! A panic in such code is caught where obs calls it: a request must not fail because it is observed.
//!
//! ```
//! use obs_base::guard::{Guarded, guarded};
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
mod text;

pub use call::guarded;
pub use chain::{Chain, MAX_SOURCES, chain, chain_text, text_with_sources};
pub use hook::Guarded;
pub use text::{PANICKED, text_of};
