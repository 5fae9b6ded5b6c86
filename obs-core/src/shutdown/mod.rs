//! Graceful shutdown: the steps between SIGTERM and the end of the process, so that no response, span or log line is
//! lost.
//!
//! ```no_run
//! use obs_core::{Obs, health::Health, shutdown::Graceful};
//! use std::time::Duration;
//!
//! # struct Server;
//! # impl Server {
//! #     async fn run_until(self, stop: impl Future<Output = ()>) -> std::io::Result<()> { Ok(stop.await) }
//! # }
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let obs = Obs::builder("payment-service").init()?;
//!     let health = Health::new();
//! #   let server = Server;
//!     Graceful::new(&obs)
//!         .health(&health)
//!         .pre_stop(Duration::from_secs(5))
//!         .run(|stop| server.run_until(stop.requested())) // any server with a graceful shutdown
//!         .await?;
//!     Ok(())
//! }
//! ```
//!
//! For the servers of an adapter this is one call: `obs_axum::serve(listener, app, graceful)`,
//! `obs_actix::serve(server, graceful)`.
//!
//! # The steps
//!
//! | when | what |
//! |---|---|
//! | SIGTERM or SIGINT (Ctrl-C, and the console's end on Windows) | `/ready` answers 503 from now on; requests are served as before |
//! | after [`pre_stop`](Graceful::pre_stop) (1 s) | no new connections; requests that are in flight go on |
//! | when they have ended, at the latest after [`drain`](Graceful::drain) (5 s) | requests that still run are cancelled, and recorded as `cancelled` or `aborted` |
//! | then, for at most [`flush`](Graceful::flush) (2 s) | spans, metrics and log lines are flushed; the call returns, and `main` ends with 0 |
//! | a second signal, at any time | the remaining waits are skipped: requests are cancelled, and the flush has half a second |
//!
//! With the half second in which a server [closes its connections](Graceful::close), this takes 8.5 s at most, less
//! than the 10 s that `docker stop` waits.
//!
//! # Kubernetes
//!
//! A pod gets SIGTERM at the moment at which it is removed from its services, and load balancers learn of that some
//! seconds later: until then they send requests. Set `pre_stop` to that time (5 to 15 s are usual; no `preStop` hook is
//! needed then), `drain` to the duration of the longest request, and `terminationGracePeriodSeconds` (30 by default) to
//! some seconds more than the sum of all.

mod graceful;
mod signals;
mod stop;
#[cfg(test)]
mod tests;

pub use graceful::Graceful;
pub use stop::Stop;
