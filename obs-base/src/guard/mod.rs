//! Guarded calls of the application's code: hooks, readers, `Display` impls and errors. For adapters.
//!
//! A panic in such code is caught where obs calls it, because a request must not fail for being observed. Texts of
//! values and errors are bounded in bytes, and chains of errors in length.
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
pub use chain::{Chain, MAX_SOURCES, chain, chain_text};
pub use hook::Guarded;
pub use text::{PANICKED, text_of};
