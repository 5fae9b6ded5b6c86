//! A registry's values as plain data, for readers other than a scraper.

use std::time::Duration;

use crate::{
    context::{SpanId, TraceId},
    names::MetricType,
};

/// One metric with all its series, as [`Registry::snapshot`](super::Registry::snapshot) found it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FamilySnapshot {
    /// The name on the text page: `http_requests_total`, `http_request_duration_seconds`.
    pub name: String,
    /// How the metric behaves.
    pub metric_type: MetricType,
    /// The unit (`seconds`, `bytes`), empty for plain numbers.
    pub unit: String,
    /// What the metric measures, empty if it was not described.
    pub help: String,
    /// The series, in the order of the page.
    pub series: Vec<SeriesSnapshot>,
}

/// One series of a metric.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SeriesSnapshot {
    /// Label keys and values, in the order of the page.
    pub labels: Vec<(String, String)>,
    /// The value.
    pub value: ValueSnapshot,
}

/// The value of a series.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ValueSnapshot {
    /// A total since the metric was created; it never decreases.
    Counter {
        /// The total.
        total: f64,
        /// A request that was counted, with its trace.
        exemplar: Option<Exemplar>,
    },
    /// A current value; also the constant 1 of an info metric.
    Gauge(f64),
    /// A distribution in buckets.
    Histogram(HistogramSnapshot),
    /// A distribution in quantiles over a sliding window.
    Summary(SummarySnapshot),
}

/// A distribution in buckets.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct HistogramSnapshot {
    /// The number of observations.
    pub count: u64,
    /// Their sum, in the unit of the metric.
    pub sum: f64,
    /// The buckets, ascending; the last one has the bound `+Inf` and counts all observations.
    pub buckets: Vec<BucketSnapshot>,
}

/// One bucket of a histogram.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BucketSnapshot {
    /// The inclusive upper bound, in the unit of the metric: the label `le`.
    pub upper_bound: f64,
    /// The number of observations up to the bound, those of the buckets before included.
    pub cumulative_count: u64,
    /// A request whose value lies in this bucket and not in the one before.
    pub exemplar: Option<Exemplar>,
}

/// A distribution in quantiles.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SummarySnapshot {
    /// The number of observations.
    pub count: u64,
    /// Their sum, in the unit of the metric.
    pub sum: f64,
    /// Quantile (0 to 1) and value over the window; NaN if nothing was observed in it.
    pub quantiles: Vec<(f64, f64)>,
}

/// A recorded value with its trace, as an example of its bucket or counter.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Exemplar {
    /// The trace of the request.
    pub trace_id: TraceId,
    /// The span of the request.
    pub span_id: SpanId,
    /// The observed value, in the unit of the metric.
    pub value: f64,
    /// The time of the observation, since the Unix epoch.
    pub at: Duration,
}

// === impl FamilySnapshot ===

impl FamilySnapshot {
    /// The series that have all of these labels.
    ///
    /// ```
    /// use obs_core::metrics::{Registry, ValueSnapshot};
    ///
    /// let registry = Registry::new();
    /// metrics::with_local_recorder(&registry, || {
    ///     metrics::counter!("logins_total", "method" => "password").increment(3);
    /// });
    /// let families = registry.snapshot();
    /// let logins = families.iter().find(|family| family.name == "logins_total").unwrap();
    /// let series = logins.with_labels(&[("method", "password")]).next().unwrap();
    /// assert_eq!(series.value, ValueSnapshot::Counter { total: 3.0, exemplar: None });
    /// ```
    pub fn with_labels<'a>(&'a self, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a SeriesSnapshot> {
        self.series
            .iter()
            .filter(|series| labels.iter().all(|(key, value)| series.label(key) == Some(value)))
    }
}

// === impl SeriesSnapshot ===

impl SeriesSnapshot {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    }
}

// === impl HistogramSnapshot ===

impl HistogramSnapshot {
    /// The value that a share of `quantile` (0 to 1) of the observations does not exceed, estimated
    /// as [`histogram_quantile`](https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)
    /// does: linear within the bucket, the last bound for what lies above it.
    ///
    /// `None` without observations or outside 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        if self.count == 0 || !(0.0..=1.0).contains(&quantile) {
            return None;
        }
        let rank = quantile * self.count as f64;
        let at = self
            .buckets
            .iter()
            .position(|bucket| bucket.cumulative_count as f64 >= rank)?;
        let bucket = &self.buckets[at];
        let before = at.checked_sub(1).map(|at| &self.buckets[at]);
        if bucket.upper_bound.is_infinite() {
            return before.map(|before| before.upper_bound);
        }
        let (lower, below) = match before {
            Some(before) => (before.upper_bound, before.cumulative_count),
            None if bucket.upper_bound <= 0.0 => return Some(bucket.upper_bound),
            None => (0.0, 0),
        };
        let inside = bucket.cumulative_count - below;
        if inside == 0 {
            return Some(bucket.upper_bound);
        }
        Some(lower + (bucket.upper_bound - lower) * (rank - below as f64) / inside as f64)
    }

    /// Adds the observations of another histogram over the same bounds; exemplars stay as they are.
    pub fn merge(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.clone_from(other);
            return;
        }
        self.count += other.count;
        self.sum += other.sum;
        for (bucket, added) in self.buckets.iter_mut().zip(&other.buckets) {
            bucket.cumulative_count += added.cumulative_count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(cumulative: &[(f64, u64)]) -> HistogramSnapshot {
        let bucket = |(upper_bound, cumulative_count): &(f64, u64)| BucketSnapshot {
            upper_bound: *upper_bound,
            cumulative_count: *cumulative_count,
            exemplar: None,
        };
        let count = cumulative.last().map_or(0, |(_, count)| *count);
        HistogramSnapshot {
            count,
            sum: 0.0,
            buckets: cumulative.iter().map(bucket).collect(),
        }
    }

    #[test]
    fn quantiles_are_interpolated_within_their_bucket() {
        let histogram = histogram(&[(0.1, 50), (0.2, 100), (f64::INFINITY, 100)]);
        assert_eq!(histogram.quantile(0.25), Some(0.05));
        assert_eq!(histogram.quantile(0.75).map(|q| (q * 1e6).round()), Some(150_000.0));
        assert_eq!(histogram.quantile(1.5), None);
    }

    #[test]
    fn a_quantile_above_all_bounds_is_the_last_bound() {
        assert_eq!(histogram(&[(0.1, 1), (f64::INFINITY, 100)]).quantile(0.99), Some(0.1));
        assert_eq!(histogram(&[(0.1, 0), (f64::INFINITY, 0)]).quantile(0.5), None);
    }
}
