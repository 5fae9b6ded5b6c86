//! A column's totals over time.

use std::collections::VecDeque;

/// Totals at the latest times of a [`Timeline`], the oldest first; none but the needed ones are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring {
    depth: usize,
    entries: Entries,
}

/// Most columns count requests, and fewer than 2³² of them.
#[derive(Clone, Debug)]
enum Entries {
    Narrow(VecDeque<u32>),
    Wide(VecDeque<f64>),
}

/// The times of one ring's entries, which all columns share.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    /// Milliseconds between two entries.
    pub(super) step: i64,
    /// How far it reaches back at most, in milliseconds.
    pub(super) span: i64,
    times: VecDeque<i64>,
}

// === impl Ring ===

impl Default for Entries {
    fn default() -> Self {
        Self::Narrow(VecDeque::new())
    }
}

impl Ring {
    /// Keeps `depth` entries from now on, if that is more than before.
    pub(super) fn deepen(&mut self, depth: usize) {
        if depth <= self.depth {
            return;
        }
        self.depth = depth;
        match &mut self.entries {
            Entries::Narrow(entries) => entries.reserve_exact(depth - entries.len()),
            Entries::Wide(entries) => entries.reserve_exact(depth - entries.len()),
        }
    }

    pub(super) fn push(&mut self, total: f64) {
        if self.depth == 0 {
            return;
        }
        if let (Entries::Narrow(entries), None) = (&self.entries, narrow(total)) {
            let mut wide = VecDeque::with_capacity(self.depth);
            wide.extend(entries.iter().map(|entry| f64::from(*entry)));
            self.entries = Entries::Wide(wide);
        }
        match &mut self.entries {
            Entries::Narrow(entries) => {
                drop_oldest(entries, self.depth);
                entries.extend(narrow(total));
            }
            Entries::Wide(entries) => {
                drop_oldest(entries, self.depth);
                entries.push_back(total);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match &self.entries {
            Entries::Narrow(entries) => entries.len(),
            Entries::Wide(entries) => entries.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<f64> {
        match &self.entries {
            Entries::Narrow(entries) => entries.get(index).map(|entry| f64::from(*entry)),
            Entries::Wide(entries) => entries.get(index).copied(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        match &self.entries {
            Entries::Narrow(entries) => entries.capacity() * size_of::<u32>(),
            Entries::Wide(entries) => entries.capacity() * size_of::<f64>(),
        }
    }
}

fn drop_oldest<T>(entries: &mut VecDeque<T>, depth: usize) {
    while entries.len() >= depth {
        entries.pop_front();
    }
}

/// The total as a small whole number, if it is one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked by the way back"
)]
fn narrow(total: f64) -> Option<u32> {
    let small = total as u32;
    (f64::from(small).to_bits() == total.to_bits()).then_some(small)
}

// === impl Timeline ===

impl Timeline {
    pub(super) fn new(step_seconds: i64, span_seconds: i64) -> Self {
        Self {
            step: step_seconds * 1_000,
            span: span_seconds * 1_000,
            times: VecDeque::new(),
        }
    }

    /// Whether an entry is due: in each step of the clock one.
    pub(super) fn is_due(&self, now: i64) -> bool {
        self.times
            .back()
            .is_none_or(|last| now.div_euclid(self.step) > last.div_euclid(self.step))
    }

    pub(super) fn push(&mut self, now: i64) {
        // One entry more than the span, to reach beyond its start, and one for the step that runs.
        let most = usize::try_from(self.span / self.step).unwrap_or(0) + 2;
        while self.times.len() >= most {
            self.times.pop_front();
        }
        self.times.push_back(now);
    }

    pub(super) fn times(&self) -> impl Iterator<Item = i64> + '_ {
        self.times.iter().copied()
    }

    pub(super) fn bytes(&self) -> usize {
        self.times.capacity() * size_of::<i64>()
    }

    /// Entries that a column needs here to look back `reach` milliseconds.
    pub(super) fn depth(&self, reach: i64) -> usize {
        usize::try_from((reach.min(self.span) + self.step - 1) / self.step).unwrap_or(0) + 2
    }

    /// The oldest entry of a ring, and when it was.
    pub(super) fn oldest(&self, ring: &Ring) -> Option<(i64, f64)> {
        let first = self.times.len().checked_sub(ring.len())?;
        Some((*self.times.get(first)?, ring.get(0)?))
    }

    /// The total at `time`, which is not before the ring's oldest entry, if it has grown evenly between
    /// the entries around it; after the last one, until `now`, when it is `total`.
    pub(super) fn at(&self, ring: &Ring, time: i64, now: (i64, f64)) -> Option<f64> {
        let first = self.times.len().checked_sub(ring.len())?;
        let after = self.times.partition_point(|entry| *entry <= time);
        let before = after.checked_sub(1)?;
        let (start, from) = (*self.times.get(before)?, ring.get(before.checked_sub(first)?)?);
        let (end, to) = match self.times.get(after) {
            Some(end) => (*end, ring.get(after - first)?),
            None => now,
        };
        Some(between((start, from), (end, to), time))
    }
}

#[expect(clippy::cast_precision_loss, reason = "spans of days, in milliseconds")]
fn between((start, from): (i64, f64), (end, to): (i64, f64), time: i64) -> f64 {
    if end <= start || time <= start {
        return from;
    }
    from + (to - from) * ((time - start) as f64 / (end - start) as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_stay_exact_when_they_outgrow_small_numbers() {
        let mut ring = Ring::default();
        ring.deepen(3);
        for total in [1.0, 4_294_967_295.0, 4_294_967_296.0, 0.5] {
            ring.push(total);
        }
        assert_eq!(ring.iter().collect::<Vec<_>>(), [4_294_967_295.0, 4_294_967_296.0, 0.5]);
    }

    #[test]
    fn a_total_between_two_entries_has_grown_evenly() {
        let (mut timeline, mut ring) = (Timeline::new(10, 60), Ring::default());
        ring.deepen(timeline.depth(60_000));
        for (now, total) in [(0, 0.0), (10_000, 100.0)] {
            timeline.push(now);
            ring.push(total);
        }
        let at = |time| timeline.at(&ring, time, (20_000, 300.0));
        assert_eq!(
            [at(0), at(2_500), at(10_000), at(15_000)],
            [Some(0.0), Some(25.0), Some(100.0), Some(200.0)]
        );
        assert_eq!(at(-1), None);
    }

    #[test]
    fn one_entry_a_step_is_due_whenever_ticks_come() {
        let mut timeline = Timeline::new(10, 60);
        let mut pushed = Vec::new();
        for now in (0..40_000).step_by(3_000) {
            if timeline.is_due(now) {
                timeline.push(now);
                pushed.push(now);
            }
        }
        assert_eq!(pushed, [0, 12_000, 21_000, 30_000]);
    }
}
