//! Unit tests of the rules, for `promtool test rules`: with one scenario each alert fires,
//! with another it stays silent. The series of a scenario follow from the query of the
//! alert's condition, and Prometheus itself evaluates the rules.

mod document;
mod example;
mod samples;
mod scenario;

#[cfg(test)]
mod tests;

pub(super) use document::files;
