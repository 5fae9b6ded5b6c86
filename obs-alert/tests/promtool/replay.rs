//! Traffic that was recorded, for the process and for Prometheus.

use std::{collections::BTreeMap, fmt::Write as _};

use obs_core::metrics::{FamilySnapshot, ValueSnapshot};
use serde_json::{Value, json};

/// How far apart the samples are, in seconds.
pub(crate) const STEP: u64 = 30;

/// What a page has said at each step.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    pub(crate) pages: Vec<Vec<FamilySnapshot>>,
}

// === impl Replay ===

impl Replay {
    /// The `input_series` of a promtool unit test: what a scrape of each step would have found.
    pub(crate) fn input_series(&self) -> Vec<Value> {
        let mut series: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
        for (step, page) in self.pages.iter().enumerate() {
            for (name, value) in page.iter().flat_map(samples) {
                series.entry(name).or_insert_with(|| vec![None; self.pages.len()])[step] = Some(value);
            }
        }
        series.insert(labelled("up", &[], None), vec![Some(1.0); self.pages.len()]);
        series
            .into_iter()
            .map(|(series, values)| json!({ "series": series, "values": written(&values) }))
            .collect()
    }
}

/// The samples of a metric, by the series' name and labels as Prometheus stores them.
fn samples(family: &FamilySnapshot) -> Vec<(String, f64)> {
    let mut samples = Vec::new();
    for series in &family.series {
        let mut add = |suffix: &str, le: Option<f64>, value: f64| {
            samples.push((labelled(&format!("{}{suffix}", family.name), &series.labels, le), value));
        };
        match &series.value {
            ValueSnapshot::Counter { total, .. } => add("", None, *total),
            ValueSnapshot::Gauge(value) => add("", None, *value),
            ValueSnapshot::Histogram(histogram) => {
                for bucket in &histogram.buckets {
                    add("_bucket", Some(bucket.upper_bound), float(bucket.cumulative_count));
                }
                add("_count", None, float(histogram.count));
                add("_sum", None, histogram.sum);
            }
            ValueSnapshot::Summary(_) => {}
            other => panic!("no such value is replayed: {other:?}"),
        }
    }
    samples
}

#[expect(clippy::cast_precision_loss, reason = "tests count to thousands")]
fn float(count: u64) -> f64 {
    count as f64
}

fn labelled(name: &str, labels: &[(String, String)], le: Option<f64>) -> String {
    let mut text = format!("{name}{{job=\"shop\",instance=\"127.0.0.1:3000\"");
    for (key, value) in labels {
        write!(text, ",{key}=\"{value}\"").unwrap();
    }
    if let Some(le) = le {
        let le = if le.is_infinite() {
            "+Inf".to_owned()
        } else {
            format!("{le:?}")
        };
        write!(text, ",le=\"{le}\"").unwrap();
    }
    text.push('}');
    text
}

/// `_ 0 3 stale`: a series that a page no longer has is stale.
fn written(values: &[Option<f64>]) -> String {
    let mut before = None;
    let words = values.iter().map(|value| {
        let word = match (before, value) {
            (_, Some(value)) => value.to_string(),
            (Some(_), None) => "stale".to_owned(),
            (None, None) => "_".to_owned(),
        };
        before = *value;
        word
    });
    words.collect::<Vec<_>>().join(" ")
}
