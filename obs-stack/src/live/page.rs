//! A metrics page, as far as drift is concerned.

use std::collections::{BTreeMap, BTreeSet};

use obs_conventions::names::label;

/// The names on a metrics page in the text format, the labels of its series, and the buckets of its histograms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    names: BTreeSet<String>,
    series: BTreeMap<String, BTreeSet<Labels>>,
    buckets: BTreeMap<String, BTreeSet<String>>,
}

/// Sorted by name, without `le`.
type Labels = Vec<(String, String)>;

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

    /// Whether a metric has a series with all of these labels, if it has any series.
    pub(super) fn has_series(&self, metric: &str, labels: &[(String, String)]) -> bool {
        let has_all = |series: &Labels| labels.iter().all(|label| series.contains(label));
        self.series.get(metric).is_none_or(|all| all.iter().any(has_all))
    }

    /// The values that a label of a metric has.
    pub(super) fn values(&self, metric: &str, label: &str) -> BTreeSet<&str> {
        let labels = self.series.get(metric).into_iter().flatten().flatten();
        labels.filter(|(key, _)| key == label).map(|(_, value)| value.as_str()).collect()
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
        let (name, rest) = line.split_at(end);
        if name.is_empty() {
            return;
        }
        self.names.insert(name.to_owned());
        let mut labels = labels(rest.strip_prefix('{').unwrap_or_default());
        if let Some(at) = labels.iter().position(|(key, _)| key == label::LE) {
            let (_, bound) = labels.remove(at);
            if name.ends_with("_bucket") {
                self.buckets.entry(name.to_owned()).or_default().insert(bound);
            }
        }
        labels.sort();
        self.series.entry(name.to_owned()).or_default().insert(labels);
    }
}

/// What stands before `}`; what can't be read is left out with all that follows.
fn labels(mut text: &str) -> Labels {
    let mut labels = Labels::new();
    while let Some((key, rest)) = text.trim_start_matches([',', ' ']).split_once("=\"") {
        if key.contains('}') {
            break;
        }
        let Some((value, rest)) = quoted(rest) else { break };
        labels.push((key.to_owned(), value));
        text = rest;
    }
    labels
}

/// A value up to its second quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                escaped => escaped,
            }),
            c => value.push(c),
        }
    }
    None
}
