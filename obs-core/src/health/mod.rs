//! Health checks: is the process alive, can it take requests?
//!
//! ```
//! use obs_core::health::{Check, Health};
//! use std::{io, time::Duration};
//!
//! # async fn ping() -> io::Result<()> { Ok(()) }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let health = Health::new()
//!     .check(Check::new("database", || async { ping().await }))
//!     .check(Check::new("cache", || async { Err("cold") }).optional());
//!
//! let report = health.readiness().await;
//! assert_eq!(report.http_status(), 200); // the cache is missed, but not needed
//! assert!(report.to_json().starts_with(r#"{"status":"warn","checks":[{"name":"database","status":"pass""#));
//! # }
//! ```
//!
//! The adapters serve it: `obs_axum::health("/health", &health)` and `obs_axum::ready("/ready", &health)`.
//!
//! | page | question | 503 when | what an orchestrator does then |
//! |---|---|---|---|
//! | `/health` | does the process live? | [`declare_dead`](Health::declare_dead) was called | restarts it (Kubernetes: `livenessProbe`) |
//! | `/ready` | shall it get requests? | a required check fails, it is [draining](Health::set_draining), or dead | sends requests elsewhere (`readinessProbe`) |
//!
//! Liveness runs no check on purpose: restarting all clients of a database that is down does not repair it.
//!
//! # A probe that nothing can take down
//!
//! - Each check has a [timeout](Check::timeout), 800 ms by default: less than the second
//!   that Kubernetes gives a probe.
//! - A result is [kept](Check::cache) for a second, so probes can't overload what a check calls, and
//!   one run is in flight at a time: probes share its result. There is no second run while one hangs.
//! - A check runs in a task or on a thread of its own. It may panic, block or hang: it is then
//!   unhealthy, with the reason, and the probe is still answered.
//!
//! # Response
//!
//! The body is `application/json`, with the fields of the
//! [health check draft](https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06)
//! (`pass`, `warn`, `fail`). Its type `application/health+json` was never registered and few tools
//! support it. `Cache-Control` is `no-store`.
//!
//! ```json
//! {"status":"fail","checks":[{"name":"database","status":"fail","duration_ms":800.412,"reason":"no answer within 800ms"},{"name":"cache","status":"pass","duration_ms":0.311}]}
//! ```
//!
//! The body has no secrets: the text of an error is only logged, and the reason is `failed`, unless it is a `&'static
//! str` (which can't have values of run time) or the check [shows its errors](Check::show_errors). When a check's
//! result changes, one line is logged. The gauge `obs_health_check_up{check}` is 1 or 0 after each run; checks run
//! for probes, so without probes it does not change.

mod check;
mod handle;
mod report;
mod run;
mod slot;
#[cfg(test)]
mod tests;

pub use check::Check;
pub use handle::{Draining, Health};
pub use report::{CheckReport, HealthReport, Status};
