//! Log lines: one JSON object each, with the ids and fields of the request that they belong to.
//!
//! The application logs with the macros of `tracing` (or `log`), and sets the fields of all lines of a request with
//! [`context::set_field`](crate::context::set_field):
//!
//! ```
//! use obs_core::{context, logs::JsonLayer};
//! use tracing_subscriber::prelude::*;
//!
//! # fn main() -> Result<(), obs_core::InitError> {
//! let logs = JsonLayer::new("payment-service", std::io::stdout())?;
//! let _default = tracing_subscriber::registry().with(logs.clone()).set_default();
//! context::run_new(|| {
//!     context::set_field("user_id", "user-456");
//!     tracing::error!(amount_cents = 1999, "card declined");
//! });
//! # assert!(logs.flush(std::time::Duration::from_secs(5)));
//! # Ok(())
//! # }
//! ```
//!
//! ```json
//! {"timestamp":"2026-11-22T14:30:05.123456Z","level":"error","severity":"ERROR","message":"card declined","target":"payment::charge","service":"payment-service","request_id":"0199…","trace_id":"4bf9…","span_id":"00f0…","user_id":"user-456","amount_cents":1999}
//! ```
//!
//! A logger object with a context of its own, as other languages have it, is not needed:
//!
//! | logger object | obs |
//! |---|---|
//! | `logger.set_context("user_id", id)` | [`context::set_field("user_id", id)`](crate::context::set_field) |
//! | `logger.info("User action", action="login")` | `tracing::info!(action = "login", "User action")` |
//! | `logger.debug`, `warning`, `error` | `tracing::debug!`, `warn!`, `error!` |
//! | `logger.setLevel(logging.DEBUG)` | `RUST_LOG=debug`, [`ObsBuilder::log_filter`](crate::ObsBuilder::log_filter), at run time [`Obs::set_log_filter`](crate::Obs::set_log_filter) |
//! | `logger.clear_context()` | [`context::clear()`](crate::context::clear) |
//! | `start_request()`, `@with_request_context` | the layer of the web framework; for jobs [`context::in_new`](crate::context::in_new), [`context::run_new`](crate::context::run_new) |
//!
//! The context belongs to one request, whatever thread works on it, and ends with it: no other request has its fields.
//! `examples/logging` is a program that shows all of this.
//!
//! Whatever is logged, a line is one JSON object with unique keys and at most 64 KiB:
//!
//! - The keys in [`names::log::RESERVED`](crate::names::log::RESERVED) are obs's own; a field of
//!   that name is written as `fields.<name>`.
//! - A field of the event takes precedence over one of the request context with the same name, that over one of the
//!   innermost span, and so on outwards. Of two fields in the same place, the last one is used.
//! - Control characters, line separators, ANSI sequences, invisible characters and those that change the direction of
//!   text are escaped. On a pretty line, text that looks like further fields is quoted.
//! - Numbers stay numbers; infinite ones and NaN are `null`. Errors are written with their sources.
//! - A field whose name is or ends in `password`, `token`, `cookie`, `secret` and the like shows
//!   `REDACTED`; [`ObsBuilder::redact_fields`](crate::ObsBuilder::redact_fields) adds names. Messages and
//!   values lose the credentials of URLs, the values of such keys, and `Authorization` headers.
//! - A value whose `Debug`, `Display` or `Error` panics is `<panicked while formatting>`; other fields stay.
//! - A line that would be too long leaves fields out and has `"truncated":true`.
//!
//! Each request writes one canonical line at its end, with the target `obs::request`.
//! [`ObsBuilder::request_log_sample_ratio`](crate::ObsBuilder::request_log_sample_ratio) samples the lines of
//! successful requests.
//!
//! Names and structure are those of a [`LogProfile`]: obs's own as above, the Elastic Common Schema, Google Cloud
//! Logging, or logfmt; [`LogTime`] is the form of the time. The rules above hold in each of them.
//!
//! Lines go to a [`LogTarget`]: standard output, standard error, a file, a writer. With the feature
//! `otlp-logs` they can be sent to a collector too, see
//! [`ObsBuilder::otlp_logs`](crate::ObsBuilder::otlp_logs). A thread writes the lines to their target within 200 ms. At
//! most 4 MiB are queued; further lines are dropped and counted in `obs_log_lines_dropped_total`.
//!
//! # The end of a process
//!
//! When a process ends, lines of the last 20 ms, and spans, records and metrics of the last seconds, are still queued:
//!
//! | the end | lines | spans, OTLP records, pushed metrics |
//! |---|---|---|
//! | [`Obs::shutdown`](crate::Obs::shutdown), or the last handle is dropped | written | sent |
//! | `main` returns, or `std::process::exit`, and a handle is left | Unix: written, for 500 ms at most; elsewhere lost | lost: call `shutdown` before |
//! | a panic outside of a request | written before the thread goes on, for 100 ms at most; with `panic = "abort"` 500 ms | with `panic = "abort"` lost |
//! | `std::process::abort`, SIGKILL, `_exit` and its like | lost | lost |
//!
//! Call [`Obs::flush`](crate::Obs::flush) before an end that runs no code of the process. obs installs no handler for
//! SIGABRT, since a signal handler must not lock or allocate. A handler can set a flag that a thread waits for, which
//! then calls `flush` and ends the process.
//!
//! Lines that are logged after `Obs::shutdown` are written by a thread that is started for them. The logging thread
//! waits for it for 20 ms at most, and no longer waits once that has timed out. A target that blocks delays no other
//! thread, and each of the waits above only once until it accepts lines again.
//!
//! # Fork
//!
//! A forked child has only the thread that called `fork`: its lines are not written, its spans, records and metrics
//! are not sent, and its queues contain what the parent had not written. Call `fork` before `init`, or `exec` after
//! it. If the child must log, call `Obs::flush` in the parent before `fork` and in the child once after it, which
//! starts a thread for its lines. Its spans, OTLP records and pushed metrics are lost, and each flush returns an
//! error after its timeout. The end of a child that has not called `flush` writes nothing.

mod bridge;
mod client_profiled;
mod constants;
mod directives;
mod duplicates;
mod duration;
mod ecs;
mod encoder;
mod escape;
mod fields;
mod filter;
mod format;
mod handle;
mod held;
mod ids;
mod json;
mod layer;
mod line_buffer;
mod line_feed;
mod line_template;
mod log_file;
mod logfmt;
mod matcher;
mod other_versions;
mod otlp;
mod output;
mod parts;
mod pretty;
mod profile;
mod profiled;
mod recorded_lines;
mod reports;
mod request_json;
mod request_levels;
mod request_line;
mod request_pretty;
mod request_profiled;
mod request_start;
mod reserved;
#[cfg(feature = "log-rotation")]
mod rolling_file;
#[cfg(feature = "log-rotation")]
mod rotation;
mod sampling;
mod scratch;
mod span_fields;
mod subscribers;
mod target;
mod timestamp;
mod value;
mod visit;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use bridge::{LOG_BRIDGE_MISSING, install_log_bridge};
#[cfg(feature = "tokio")]
pub(crate) use escape::push_json_string;
pub(crate) use handle::{LogSettings, Logs, LogsConfig};
pub(crate) use held::HeldSettings;
pub(crate) use reports::{report_apart, wait_for_reports};
pub(crate) use request_line::RequestLine;
pub(crate) use request_start::RequestStart;
#[cfg(test)]
pub(crate) use tests::assert_ecs_types;
pub(crate) use writer::flush_at_panic;

pub use format::LogFormat;
pub use layer::JsonLayer;
pub use line_feed::{FeedLine, FeedPage, FollowGuard, LineFeed};
pub use output::LineReader;
pub use profile::{LogProfile, LogTime};
pub use request_levels::RequestMatch;
#[cfg(feature = "log-rotation")]
pub use rotation::Rotation;
pub use target::LogTarget;
