//! Graceful shutdown: what a process does between SIGTERM and its end, so that no answer and nothing
//! recorded is lost.
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
//!         .run(|stop| server.run_until(stop.requested())) // any server that can be told to stop
//!         .await?;
//!     Ok(())
//! }
//! ```
//!
//! Servers of an adapter are one call: `obs_axum::serve(listener, app, graceful)`,
//! `obs_actix::serve(server, graceful)`.
//!
//! # What happens
//!
//! | when | what |
//! |---|---|
//! | SIGTERM or SIGINT (Ctrl-C, and the console's end on Windows) | `/ready` answers 503 from here on; everything else goes on |
//! | after [`pre_stop`](Graceful::pre_stop) (1 s) | no new connections; requests that are in flight go on |
//! | when they have ended, at the latest after [`drain`](Graceful::drain) (5 s) | what still runs is given up, and recorded as `cancelled` or `aborted` |
//! | then, for at most [`flush`](Graceful::flush) (2 s) | spans and log lines leave; the call returns, `main` ends with 0 |
//! | a second signal, at any time | the rest is skipped: requests are given up, what can be flushed in half a second is |
//!
//! With the half second in which a server [lets go](Graceful::let_go) this takes 8.5 s at most, less
//! than the 10 s that `docker stop` grants.
//!
//! # Kubernetes
//!
//! A pod is told to stop and taken out of its services at the same moment, and load balancers hear
//! of it later: for some seconds they still send requests. Let `pre_stop` cover that time (5 to 15 s
//! are usual; with it, no `preStop` hook is needed), `drain` the longest request, and let
//! `terminationGracePeriodSeconds` (30 by default) be some seconds more than the sum of all.

mod graceful;
mod signals;
mod stop;
#[cfg(test)]
mod tests;

pub use graceful::Graceful;
pub use stop::Stop;
