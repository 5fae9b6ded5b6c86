//! One aggregate over time.

use super::ring::{Ring, Timeline};

/// The sum of the growth of all series that belong together.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    /// The growth since it was created, or since the state file that it comes from.
    pub(super) total: f64,
    /// The sum of the series' values, which differs from the total after resets.
    pub(super) standing: f64,
    /// Whether there ever was a series.
    pub(super) is_known: bool,
    /// The sum of the series' values in the state file that it comes from.
    pub(super) saved_standing: Option<f64>,
    /// Values of series whose first tick this is.
    pub(super) first_look: f64,
    pub(super) rings: [Ring; 4],
}

// === impl Column ===

impl Column {
    /// Adds the rings that are needed to read the last `reach` milliseconds.
    pub(super) fn deepen(&mut self, reach: i64, timelines: &[Timeline; 4]) {
        let mut before = 0;
        for (ring, timeline) in self.rings.iter_mut().zip(timelines) {
            if before == 0 || reach > before {
                ring.deepen(timeline.depth(reach));
            }
            before = timeline.span;
        }
    }

    /// A column that could not be created before: its total was 0 until now.
    pub(super) fn begin_late(&mut self, reach: i64, timelines: &[Timeline; 4]) {
        self.deepen(reach, timelines);
        for (ring, timeline) in self.rings.iter_mut().zip(timelines) {
            timeline.times().for_each(|_| ring.push(0.0));
        }
    }

    /// Adds the growth of a series, and the change of its value.
    pub(super) fn grow(&mut self, by: f64, standing: f64) {
        self.is_known = true;
        self.total += by;
        self.standing += standing;
    }

    /// A series that had counted before its first tick.
    pub(super) fn look_first(&mut self, value: f64) {
        self.is_known = true;
        self.standing += value;
        self.first_look += value;
    }

    /// After a restart, the events that were counted since the state was saved are growth.
    pub(super) fn settle(&mut self) {
        let first_look = std::mem::take(&mut self.first_look);
        if let Some(saved) = self.saved_standing.take() {
            self.total += if first_look >= saved {
                first_look - saved
            } else {
                first_look
            };
        }
    }

    /// Growth from `since` to `until`, or from the oldest entry if that is later; `None` without an entry
    /// before `until`.
    pub(super) fn growth(&self, timelines: &[Timeline; 4], now: i64, since: i64, until: i64) -> Option<f64> {
        if !self.is_known {
            return None;
        }
        let end = if until >= now {
            self.total
        } else {
            self.at(timelines, now, until)?
        };
        let start = self.at(timelines, now, since).or_else(|| {
            let (time, oldest) = self.oldest(timelines)?;
            (time < until).then_some(oldest)
        })?;
        Some((end - start).max(0.0))
    }

    fn at(&self, timelines: &[Timeline; 4], now: i64, time: i64) -> Option<f64> {
        self.rings.iter().zip(timelines).find_map(|(ring, timeline)| {
            let (oldest, _) = timeline.oldest(ring)?;
            (oldest <= time && oldest < now).then(|| timeline.at(ring, time, (now, self.total)))?
        })
    }

    fn oldest(&self, timelines: &[Timeline; 4]) -> Option<(i64, f64)> {
        let oldest = self
            .rings
            .iter()
            .zip(timelines)
            .filter_map(|(ring, timeline)| timeline.oldest(ring));
        oldest.min_by_key(|(time, _)| *time)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.rings.iter().map(Ring::bytes).sum::<usize>()
    }
}
