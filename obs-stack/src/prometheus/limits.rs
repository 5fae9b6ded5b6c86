//! What a page may cost Prometheus, at most.

use crate::yaml::Yaml;

/// Limits of one scrape. A page beyond one of them is refused as a whole, so they lie far above what a
/// service of ours can expose: its registry caps the series of each metric itself.
const LIMITS: [(&str, u64); 4] = [
    ("sample_limit", 100_000),
    ("label_limit", 64),
    ("label_name_length_limit", 256),
    ("label_value_length_limit", 4_096),
];
const BODY_SIZE_LIMIT: &str = "64MB";

/// The entries of a scrape configuration that protect Prometheus.
pub(super) fn entries() -> impl Iterator<Item = (&'static str, Yaml)> {
    let size = [("body_size_limit", Yaml::from(BODY_SIZE_LIMIT))];
    size.into_iter().chain(LIMITS.into_iter().map(|(key, limit)| (key, Yaml::from(limit))))
}
