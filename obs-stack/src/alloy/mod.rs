//! Files of Grafana Alloy: log lines from files or containers to Loki.

mod config;
mod files;
mod syntax;

#[cfg(test)]
mod tests;

pub use files::files;
