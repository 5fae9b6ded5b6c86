//! Columns of charts.

use std::time::Duration;

use crate::query::types::Time;

/// The columns of a window: each has the same number of ticks, and begins at a multiple of it, so that a column stays the
/// same while a window moves on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::query) struct Grid {
    /// When the first column begins.
    pub(in crate::query) from: Time,
    /// The ticks of a column.
    pub(super) width: u64,
    /// The first tick of the first column.
    pub(super) begin: u64,
    /// The number of columns.
    pub(in crate::query) columns: usize,
    /// The duration of a tick.
    pub(super) tick: Duration,
}

// === impl Grid ===

impl Grid {
    /// At most `columns` columns over the ticks behind `begin` up to `end`, each a multiple of `every` ticks.
    pub(super) fn new((begin, end): (u64, u64), every: u64, columns: usize, tick: Duration, zero: Time) -> Self {
        let columns = (columns.max(1)) as u64;
        let ticks = end.saturating_sub(begin).max(1);
        let width = ticks.div_ceil(columns).div_ceil(every).max(1) * every;
        let begin = begin / width * width;
        let columns = end.saturating_sub(begin).div_ceil(width).max(1);
        Self {
            from: zero.after(times(tick, begin)),
            width,
            begin,
            columns: usize::try_from(columns).unwrap_or(1),
            tick,
        }
    }

    /// The seconds of a column.
    pub(in crate::query) fn step(&self) -> f64 {
        times(self.tick, self.width).as_secs_f64()
    }

    /// The column of a time.
    pub(in crate::query) fn column_at(&self, time: Time) -> Option<usize> {
        let since = time.0.checked_sub(self.from.0)?;
        let column = since.as_nanos() / times(self.tick, self.width).as_nanos().max(1);
        usize::try_from(column).ok().filter(|column| *column < self.columns)
    }

    /// The column of the sample of a tick: it tells of the time before.
    pub(super) fn column(&self, tick: u64) -> Option<usize> {
        let behind = tick.checked_sub(self.begin + 1)?;
        let column = usize::try_from(behind / self.width).ok()?;
        (column < self.columns).then_some(column)
    }
}

pub(super) fn times(duration: Duration, times: u64) -> Duration {
    let nanoseconds = duration.as_nanos().saturating_mul(times.into());
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}
