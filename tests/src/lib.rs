//! What the tests of obs stand on: receivers, back ends, page parsers, clients that vanish.
//!
//! ```
//! use obs_tests::{logs::LogBuffer, page::Page};
//! use std::io::Write;
//!
//! let page = Page::parse("# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total{kind=\"mail\"} 3\n")?;
//! assert_eq!(page.value("jobs_total", &[("kind", "mail")]), Some(3.0));
//!
//! let mut log = LogBuffer::new();
//! writeln!(log, r#"{{"message":"hello"}}"#)?;
//! assert_eq!(log.json_lines()[0].str("message"), "hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything that serves runs on threads of its own and everything that asks can block, so a test
//! needs no runtime. A helper that can't go on panics: that fails the test which called it.
//!
//! Linking this crate makes a counting allocator the global one, see [`alloc`].

#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::float_cmp,
    clippy::missing_panics_doc,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "test support: a helper that can't go on fails the test that called it and says why; counts are exact"
)]

pub mod alertmanager;
pub mod alloc;
pub mod backends;
pub mod logs;
pub mod net;
pub mod otlp;
pub mod page;
pub mod process;
pub mod prometheus;
pub mod python;
pub mod scenario;
pub mod spans;
pub mod wait;

mod background;
mod watched;

pub use wait::{DEADLINE, eventually, eventually_ok, until, until_async};
