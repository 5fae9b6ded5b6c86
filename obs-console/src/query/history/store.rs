//! The samples.

use std::time::Duration;

use obs_core::metrics::{FamilySnapshot, SeriesSnapshot};

use super::{
    frames::Frames,
    grid::{Grid, times},
    reading::{Columns, Reading},
    series::{SeriesId, SeriesKey, Table},
};
use crate::query::{
    red,
    types::{Time, Window},
};

/// The time from one sample to the next, a tick.
pub(in crate::query) const FINE_STEP: Duration = Duration::from_secs(2);
/// Ticks from one coarse frame to the next: 30 seconds.
const COARSE: u64 = 15;
/// Frames of 15 minutes.
const FINE_FRAMES: usize = 450;
/// Frames of 6 hours.
const COARSE_FRAMES: usize = 720;

/// The history of the metrics, see the [module](super).
#[derive(Debug)]
pub(in crate::query) struct History {
    table: Table,
    fine: Frames,
    coarse: Frames,
    limit: usize,
    /// The tick of the last sample, by the monotonic clock.
    last: Option<u64>,
    /// The series of the last sample that there is no room for.
    left_out: usize,
}

/// A series, what a sample has of it, and whether it is new.
type Found<'a> = (SeriesId, Option<&'a SeriesSnapshot>, bool);

// === impl History ===

impl History {
    /// One of at most `limit` bytes.
    pub(in crate::query) fn new(limit: usize) -> Self {
        Self {
            table: Table::default(),
            fine: Frames::new(1, FINE_FRAMES),
            coarse: Frames::new(COARSE, COARSE_FRAMES),
            limit,
            last: None,
            left_out: 0,
        }
    }

    /// The bytes that it holds.
    pub(in crate::query) fn bytes(&self) -> usize {
        self.table.bytes() + self.fine.bytes() + self.coarse.bytes()
    }

    /// The most bytes that it holds.
    pub(in crate::query) fn limit(&self) -> usize {
        self.limit
    }

    /// The series of the last sample that there is no room for.
    pub(in crate::query) fn left_out(&self) -> usize {
        self.left_out
    }

    /// When it begins, where the clock was `zero` at tick 0.
    pub(in crate::query) fn begin(&self, zero: Time) -> Option<Time> {
        self.last?;
        let begin = self.coarse.begin().min(self.fine.begin());
        Some(zero.after(times(FINE_STEP, begin)))
    }

    /// Takes a sample. One of a tick that was sampled already is left out.
    pub(in crate::query) fn sample(&mut self, tick: u64, families: &[FamilySnapshot]) {
        if self.last.is_some_and(|last| tick <= last) {
            return;
        }
        let is_first = self.last.is_none();
        // A series that had no room before has not grown from zero now.
        let begins = is_first || self.left_out > 0;
        let is_coarse = is_first || tick >= self.next_coarse();
        for (id, series, is_new) in self.find(tick, families) {
            self.fine.add(id, series, begins && is_new);
            if is_coarse || (begins && is_new) {
                self.coarse.add(id, series, begins && is_new);
            }
        }
        if is_first {
            self.fine.begin_at(tick);
            self.coarse.begin_at(tick);
        } else {
            self.fine.finish(tick);
            if is_coarse {
                self.coarse.finish(tick);
            }
        }
        self.last = Some(tick);
        self.make_room();
    }

    /// All series in the order of their numbers, with what a sample has of them: those of requests get room first.
    fn find<'a>(&mut self, tick: u64, families: &'a [FamilySnapshot]) -> Vec<Found<'a>> {
        let (requests, others): (Vec<_>, Vec<_>) = families.iter().partition(|family| red::is_red(family));
        let rooms = [(requests, self.limit / 2), (others, self.limit / 3)];
        let mut found = Vec::new();
        let mut left_out = 0;
        for (families, room) in rooms {
            for (family, series) in families
                .into_iter()
                .flat_map(|family| family.series.iter().map(move |series| (family, series)))
            {
                match self.table.find(family, series, tick, room) {
                    Some((id, is_new)) => found.push((id, Some(series), is_new)),
                    None => left_out += 1,
                }
            }
        }
        self.left_out = left_out;
        found.extend(self.table.missing(tick).map(|id| (id, None, false)));
        found.sort_unstable_by_key(|(id, ..)| *id);
        found
    }

    fn next_coarse(&self) -> u64 {
        let last = self
            .coarse
            .iter()
            .last()
            .map_or(self.coarse.begin(), |frame| frame.tick);
        last + COARSE
    }

    fn make_room(&mut self) {
        while self.bytes() > self.limit {
            let is_coarse = self.coarse.begin() <= self.fine.begin() && self.coarse.len() > 1;
            let has_dropped = if is_coarse {
                self.coarse.drop_oldest()
            } else {
                self.fine.drop_oldest()
            };
            if !has_dropped {
                break;
            }
        }
        let before = self.fine.begin().min(self.coarse.begin());
        for id in self.table.forget(before) {
            self.fine.forget(id);
            self.coarse.forget(id);
        }
    }

    /// The columns of a window, where the clock was `zero` at tick 0; of the newest part, if the fine frames have it.
    pub(in crate::query) fn grid(&self, window: &Window, columns: usize, zero: Time) -> Grid {
        let tick = |time: Time| {
            let since = time.0.saturating_sub(zero.0);
            u64::try_from(since.as_nanos() / FINE_STEP.as_nanos()).unwrap_or(u64::MAX)
        };
        let last = self.last.unwrap_or(0);
        let end = tick(window.to).min(last.max(tick(window.from) + 1));
        let begin = tick(window.from);
        Grid::new((begin, end), self.frames(begin).every, columns, FINE_STEP, zero)
    }

    /// Reads the columns of the series that `wants` to be read.
    pub(in crate::query) fn read(&self, grid: Grid, mut wants: impl FnMut(&SeriesKey) -> bool) -> Columns {
        let frames = self.frames(grid.begin);
        let wanted = self.table.iter().filter(|(_, key)| wants(key));
        let series: Vec<_> = wanted
            .map(|(id, key)| Reading::new(id, key, &grid, frames.base(id)))
            .collect();
        let mut places = vec![None; self.table.end()];
        for (at, reading) in series.iter().enumerate() {
            places[reading.id.0 as usize] = Some(at);
        }
        let mut columns = Columns::new(grid, series);
        let mut before = frames.begin();
        for frame in frames.iter() {
            let ticks = (before, frame.tick);
            columns.cover(ticks);
            frame.each(|id, change| {
                if let Some(Some(at)) = places.get(id.0 as usize) {
                    columns.series[*at].take(&grid, ticks, change);
                }
            });
            before = frame.tick;
        }
        columns.finish();
        columns
    }

    /// What all series are.
    pub(in crate::query) fn keys(&self) -> impl Iterator<Item = &SeriesKey> {
        self.table.iter().map(|(_, key)| key)
    }

    fn frames(&self, begin: u64) -> &Frames {
        let is_fine = begin >= self.fine.begin() || self.coarse.begin() >= self.fine.begin();
        if is_fine { &self.fine } else { &self.coarse }
    }
}
