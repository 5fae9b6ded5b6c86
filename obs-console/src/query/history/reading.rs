//! The columns of series.

use super::{
    codec::Change,
    grid::Grid,
    series::{SeriesId, SeriesKey},
};

/// What series were in each column of a grid.
#[derive(Clone, Debug)]
pub(in crate::query) struct Columns {
    pub(in crate::query) grid: Grid,
    pub(in crate::query) series: Vec<Reading>,
    /// The ticks of each column that were sampled.
    covered: Vec<u64>,
}

/// What one series was.
#[derive(Clone, Debug)]
pub(in crate::query) struct Reading {
    /// The series.
    pub(in crate::query) key: SeriesKey,
    pub(super) id: SeriesId,
    /// For counters the growth, for others the observations.
    pub(in crate::query) growth: Vec<f64>,
    /// For histograms: index of the bucket and observations.
    pub(in crate::query) buckets: Vec<Vec<(u32, u64)>>,
    /// For gauges the last value.
    values: Vec<Option<f64>>,
    /// The value of a gauge now, and the column that is not filled in.
    value: Option<f64>,
    filled: usize,
}

// === impl Columns ===

impl Columns {
    pub(super) fn new(grid: Grid, series: Vec<Reading>) -> Self {
        Self {
            grid,
            series,
            covered: vec![0; grid.columns],
        }
    }

    /// Notes that the ticks behind the first, up to the second, have been sampled.
    pub(super) fn cover(&mut self, ticks: (u64, u64)) {
        for (column, ticks) in columns(&self.grid, ticks) {
            self.covered[column] += ticks;
        }
    }

    /// Ends the reading.
    pub(super) fn finish(&mut self) {
        let columns = self.grid.columns;
        self.series.iter_mut().for_each(|reading| reading.fill(columns));
    }

    /// The seconds that were sampled.
    pub(in crate::query) fn seconds(&self) -> f64 {
        number(self.covered.iter().sum()) * self.grid.tick.as_secs_f64()
    }

    /// Growth per second of each column; nothing where no sample was taken.
    pub(in crate::query) fn rates(&self, growth: &[f64]) -> Vec<Option<f64>> {
        let columns = growth.iter().zip(&self.covered);
        let rate = |(growth, ticks): (&f64, &u64)| {
            (*ticks > 0).then(|| growth / (number(*ticks) * self.grid.tick.as_secs_f64()))
        };
        columns.map(rate).collect()
    }

    /// The values of a gauge; nothing where no sample was taken.
    pub(in crate::query) fn values(&self, reading: &Reading) -> Vec<Option<f64>> {
        let columns = reading.values.iter().zip(&self.covered);
        columns
            .map(|(value, ticks)| value.filter(|value| *ticks > 0 && value.is_finite()))
            .collect()
    }
}

// === impl Reading ===

impl Reading {
    pub(super) fn new(id: SeriesId, key: &SeriesKey, grid: &Grid, base: Option<f64>) -> Self {
        let is_gauge = key.is_gauge();
        let columns = |is_there: bool| if is_there { grid.columns } else { 0 };
        Self {
            key: key.clone(),
            id,
            growth: vec![0.0; columns(!is_gauge)],
            buckets: vec![Vec::new(); columns(!key.bounds.is_empty())],
            values: vec![None; columns(is_gauge)],
            value: base,
            filled: 0,
        }
    }

    /// Adds a change of these ticks.
    pub(super) fn take(&mut self, grid: &Grid, ticks: (u64, u64), change: Change) {
        let growth = match change {
            Change::Value(value) => {
                if ticks.1 > grid.begin {
                    self.fill(grid.column(ticks.1).unwrap_or(grid.columns));
                }
                self.value = Some(value).filter(|value| !value.is_nan());
                return;
            }
            Change::Growth(growth) => growth,
            Change::Summary { count, .. } => number(count),
            Change::Observations { buckets, .. } => {
                let all = buckets.iter().map(|(_, count)| count).sum();
                if let Some(column) = grid.column(ticks.1)
                    && let Some(place) = self.buckets.get_mut(column)
                {
                    place.extend_from_slice(&buckets);
                }
                number(all)
            }
        };
        // What a late sample tells of several columns is theirs in equal parts.
        let all = number(ticks.1 - ticks.0).max(1.0);
        for (column, ticks) in columns(grid, ticks) {
            if let Some(place) = self.growth.get_mut(column) {
                *place += growth * number(ticks) / all;
            }
        }
    }

    /// Fills in the value of a gauge up to a column, which gets the one that follows.
    fn fill(&mut self, end: usize) {
        let end = end.min(self.values.len());
        for place in self.values.iter_mut().take(end).skip(self.filled) {
            *place = self.value;
        }
        self.filled = self.filled.max(end);
    }
}

/// The columns of the ticks behind the first, up to the second, with how many of them each has.
fn columns(grid: &Grid, (after, to): (u64, u64)) -> impl Iterator<Item = (usize, u64)> + use<> {
    let (width, first_tick) = (grid.width, grid.begin);
    let end = first_tick + width * grid.columns as u64;
    let (after, to) = (after.max(first_tick), to.min(end));
    let is_within = after < to;
    let first = if is_within { (after - first_tick) / width } else { 1 };
    let last = if is_within { (to - 1 - first_tick) / width } else { 0 };
    (first..=last).filter_map(move |column| {
        let begin = first_tick + column * width;
        let ticks = to.min(begin + width) - after.max(begin);
        Some((usize::try_from(column).ok()?, ticks))
    })
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn number(count: u64) -> f64 {
    count as f64
}
