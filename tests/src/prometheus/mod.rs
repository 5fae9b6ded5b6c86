//! A real Prometheus and its promtool (Debian package `prometheus`).
//!
//! ```no_run
//! use obs_tests::{DEADLINE, backends, prometheus::Prometheus};
//!
//! if backends::require("prometheus") {
//!     let prometheus = Prometheus::builder().scrape("shop", "127.0.0.1:9000".parse()?).start();
//!     prometheus.wait_until(DEADLINE, "up{job=\"shop\"}", |samples| samples.iter().any(|up| up.value == 1.0));
//! }
//! # Ok::<(), std::net::AddrParseError>(())
//! ```

mod api;
mod promtool;
mod server;

#[cfg(test)]
mod tests;

pub(crate) use server::{free_port, quoted};

pub use {
    api::{Exemplars, Point, Range},
    promtool::{Verdict, check_config, check_metrics, check_rules, test_rules},
    server::{Prometheus, PrometheusBuilder},
};
