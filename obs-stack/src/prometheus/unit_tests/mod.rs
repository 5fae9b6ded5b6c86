//! Tests of the alert rules, for `promtool test rules`: each alert fires where it should and stays
//! silent where it should. The traffic is made from the typed condition, the verdict is Prometheus'.

mod document;
mod example;
mod samples;
mod scenario;

#[cfg(test)]
mod tests;

pub(super) use document::files;
