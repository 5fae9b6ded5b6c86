//! `PromQL` that is right by construction: strings are escaped, windows spelled, parentheses set
//! where precedence requires them.
//!
//! ```
//! use std::time::Duration;
//! use obs_rules::promql::{Expr, Selector, Window};
//!
//! let window = Window::new(Duration::from_secs(300))?;
//! let all = Selector::new("http_requests_total").with("job", "payment-service");
//! let failed = all.clone().matching("status", "5..");
//! let ratio = Expr::rate(&failed, window).sum() / Expr::rate(&all, window).sum();
//! assert_eq!(
//!     ratio.above(0.05).to_string(),
//!     "sum(rate(http_requests_total{job=\"payment-service\",status=~\"5..\"}[5m])) \
//!      / sum(rate(http_requests_total{job=\"payment-service\"}[5m])) > 0.05",
//! );
//! # Ok::<(), obs_rules::promql::BadWindow>(())
//! ```

mod expr;
mod node;
mod operators;
mod selector;
mod window;

pub use expr::Expr;
pub use node::Range;
pub use selector::{MatchOp, Matcher, Selector};
pub use window::{BadWindow, LONGEST_REACH, Window};
