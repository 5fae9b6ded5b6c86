//! Settings of the export by [OTLP](https://opentelemetry.io/docs/specs/otlp/), for
//! [`ObsBuilder::otlp`](crate::ObsBuilder::otlp) and [`ObsBuilder::otlp_for`](crate::ObsBuilder::otlp_for).
//!
//! Each has an environment variable, see [`environment`](crate::environment); code takes precedence. Features choose
//! the transports (`otlp-http`, `otlp-grpc`), `https` (`otlp-tls`), compression (`gzip`) and the signals besides spans
//! (`otlp-logs`, `otlp-metrics`).
//!
//! ```
//! use std::time::Duration;
//!
//! use obs_core::{
//!     Obs,
//!     otlp::{Otlp, Signal},
//! };
//!
//! let builder = Obs::builder("payment-service")
//!     .otlp(Otlp::new().endpoint("http://collector:4318").header("api-key", "kNTxrHHGqKmkWAeD"))
//!     .otlp_for(Signal::Traces, Otlp::new().queue(8_192).delay(Duration::from_secs(1)));
//! # drop(builder);
//! ```

pub use obs_otlp::{Otlp, Pem, Protocol, Signal};
