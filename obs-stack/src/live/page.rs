//! A metrics page, as far as drift is concerned.

use std::collections::{BTreeMap, BTreeSet};

/// The names on a metrics page in the text format, and the buckets of its histograms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    names: BTreeSet<String>,
    buckets: BTreeMap<String, BTreeSet<String>>,
}

// === impl Page ===

impl Page {
    /// Reads a page; a line that can't be read is left out.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut page = Self::default();
        for line in text.lines() {
            // A metric without series yet is announced all the same.
            if let Some(announced) = line.strip_prefix("# TYPE ") {
                page.announce(announced);
            } else if !line.starts_with('#') {
                page.sample(line);
            }
        }
        page
    }

    /// Whether a metric is on the page.
    #[must_use]
    pub fn has(&self, metric: &str) -> bool {
        self.names.contains(metric)
    }

    /// Whether a histogram has a bucket, if it has any: one without series has none yet.
    pub(super) fn has_bucket(&self, metric: &str, le: &str) -> bool {
        self.buckets.get(metric).is_none_or(|buckets| buckets.contains(le))
    }

    /// The buckets of a histogram, the smallest first.
    pub(super) fn buckets(&self, metric: &str) -> Vec<&str> {
        let mut buckets: Vec<_> = self.buckets.get(metric).into_iter().flatten().map(String::as_str).collect();
        let value = |le: &str| le.parse::<f64>().unwrap_or(f64::INFINITY);
        buckets.sort_by(|a, b| value(a).total_cmp(&value(b)));
        buckets
    }

    fn announce(&mut self, announced: &str) {
        let Some((name, kind)) = announced.split_once(' ') else { return };
        self.names.insert(name.to_owned());
        let parts: &[&str] = match kind.trim() {
            "histogram" => &["_bucket", "_count", "_sum"],
            "summary" => &["_count", "_sum"],
            _ => &[],
        };
        self.names.extend(parts.iter().map(|part| format!("{name}{part}")));
    }

    fn sample(&mut self, line: &str) {
        let end = line.find(|c: char| c == '{' || c.is_whitespace()).unwrap_or(line.len());
        let name = &line[..end];
        if name.is_empty() {
            return;
        }
        self.names.insert(name.to_owned());
        // The last label of a bucket, or the only one; a bound has no quotes in it.
        let bound = line.split_once("le=\"").and_then(|(_, rest)| rest.split_once('"'));
        if let (true, Some((bound, _))) = (name.ends_with("_bucket"), bound) {
            self.buckets.entry(name.to_owned()).or_default().insert(bound.to_owned());
        }
    }
}
