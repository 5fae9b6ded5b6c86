//! Endpoints over a window.

use std::collections::{BTreeMap, HashMap};

use obs_core::metrics::{FamilySnapshot, ValueSnapshot};

use super::{
    durations::Durations,
    history::{Columns, Reading},
    red::{self, EndpointKey, Role},
    types::{EndpointRow, Spark, Window},
    view::View,
};

/// An endpoint over a window.
#[derive(Clone, Debug, Default)]
pub(super) struct EndpointData {
    /// Requests of each column.
    pub(super) requests: Vec<f64>,
    /// Those that failed.
    pub(super) errors: Vec<f64>,
    /// All that were left by their client.
    pub(super) abandoned: f64,
    /// The durations of all columns.
    pub(super) durations: Durations,
    /// Those of each column.
    pub(super) columns: Vec<Durations>,
    /// Requests by status.
    pub(super) statuses: BTreeMap<String, f64>,
    /// Requests by outcome, if the metrics have one.
    pub(super) outcomes: BTreeMap<String, f64>,
}

/// Reads the endpoints over a window, in at most so many columns.
pub(super) fn read(view: &View<'_>, window: &Window, columns: usize) -> (Columns, HashMap<EndpointKey, EndpointData>) {
    read_some(view, window, columns, |_| true)
}

/// The same of those that are wanted.
pub(super) fn read_some(
    view: &View<'_>,
    window: &Window,
    columns: usize,
    wants: impl Fn(&EndpointKey) -> bool,
) -> (Columns, HashMap<EndpointKey, EndpointData>) {
    let sampler = view.sources.sampler();
    let zero = sampler.zero(view.now);
    let history = sampler.history();
    let grid = history.grid(window, columns, zero);
    let columns = history.read(grid, |key| red::read(key).is_some_and(|(endpoint, _)| wants(&endpoint)));
    drop(history);
    let mut endpoints: HashMap<EndpointKey, EndpointData> = HashMap::new();
    for reading in &columns.series {
        if let Some((key, role)) = red::read(&reading.key) {
            let data = endpoints.entry(key).or_insert_with(|| EndpointData::new(grid.columns));
            data.add(reading, role);
        }
    }
    (columns, endpoints)
}

/// Requests in flight by endpoint, as a snapshot has them.
pub(super) fn in_flight(families: &[FamilySnapshot]) -> HashMap<EndpointKey, f64> {
    let mut found: HashMap<_, f64> = HashMap::new();
    for family in families {
        for series in &family.series {
            let ValueSnapshot::Gauge(value) = series.value else {
                break;
            };
            let labels: Vec<_> = series.labels.iter().map(|(key, value)| (&**key, &**value)).collect();
            let Some((key, role)) = red::read_labels(&family.name, &labels) else {
                break;
            };
            if role.is_in_flight {
                *found.entry(key).or_default() += value;
            }
        }
    }
    found
}

/// A number of requests.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count: not negative, and rounded"
)]
pub(super) fn count(number: f64) -> u64 {
    number.round().max(0.0) as u64
}

/// A share, 0 to 1; nothing of nothing.
pub(super) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| (part / whole).clamp(0.0, 1.0))
}

// === impl EndpointData ===

impl EndpointData {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            requests: vec![0.0; columns],
            errors: vec![0.0; columns],
            columns: vec![Durations::default(); columns],
            ..Self::default()
        }
    }

    fn add(&mut self, reading: &Reading, role: Role) {
        let all: f64 = reading.growth.iter().sum();
        if role.counts && all > 0.0 {
            add(&mut self.requests, &reading.growth);
            *self.statuses.entry(red::status(&reading.key).to_owned()).or_default() += all;
            let outcome = red::outcome(&reading.key);
            if !outcome.is_empty() {
                *self.outcomes.entry(outcome.to_owned()).or_default() += all;
            }
            if role.is_error {
                add(&mut self.errors, &reading.growth);
            }
            if role.is_abandoned {
                self.abandoned += all;
            }
        }
        if role.measures {
            for (column, buckets) in self.columns.iter_mut().zip(&reading.buckets) {
                column.add(&reading.key.bounds, buckets);
                self.durations.add(&reading.key.bounds, buckets);
            }
        }
    }

    /// All requests.
    pub(super) fn all(&self) -> f64 {
        self.requests.iter().sum()
    }

    /// All that failed.
    pub(super) fn failed(&self) -> f64 {
        self.errors.iter().sum()
    }

    /// The share of those that failed.
    pub(super) fn error_ratio(&self) -> Option<f64> {
        ratio(self.failed(), self.all() - self.abandoned)
    }

    /// The row of an endpoint.
    pub(super) fn row(
        &self,
        key: &EndpointKey,
        columns: &Columns,
        in_flight: f64,
        budget_left: Option<f64>,
    ) -> EndpointRow {
        let seconds = columns.seconds();
        EndpointRow {
            kind: key.side,
            method: key.method.clone(),
            endpoint: key.endpoint.clone(),
            requests: count(self.all()),
            rate: if seconds > 0.0 { self.all() / seconds } else { 0.0 },
            errors: count(self.failed()),
            error_ratio: self.error_ratio(),
            p50: self.durations.quantile(0.5),
            p95: self.durations.quantile(0.95),
            p99: self.durations.quantile(0.99),
            in_flight: count(in_flight),
            budget_left,
            spark: Spark {
                from: columns.grid.from,
                step: columns.grid.step(),
                rate: columns.rates(&self.requests),
                errors: columns.rates(&self.errors),
            },
        }
    }
}

fn add(sums: &mut [f64], more: &[f64]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
}
