//! Files of the OpenTelemetry Collector, contrib distribution.
//!
//! Traces come by OTLP and go to Tempo: all that failed or took long, and a share of the others. Log lines
//! come by OTLP or from the services' files and go to Loki, with the same labels either way, see
//! [`loki`](crate::loki).

mod config;
mod files;
mod logs;
mod traces;

#[cfg(test)]
mod tests;

pub use files::files;
