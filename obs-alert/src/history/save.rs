//! The history in a state file.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::OnceLock,
};

use serde::{Deserialize, Serialize};

use super::{
    History,
    aggregate::{Data, Kept},
    column::Column,
};
use crate::time::{Away, Moment};

/// The history in a state file: totals as differences, which are small.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct SavedHistory {
    /// The number of the process that has written it.
    process: u64,
    /// Milliseconds since 1970.
    saved_at: i64,
    /// How many milliseconds before the file was written each ring's entries were made.
    times: [Vec<i64>; 4],
    aggregates: Vec<SavedAggregate>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedAggregate {
    name: String,
    columns: Vec<SavedColumn>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedColumn {
    /// The bits of a bucket's bound: numbers in JSON are not infinite.
    #[serde(default, skip_serializing_if = "is_zero")]
    bound: u64,
    total: f64,
    standing: f64,
    /// The first total of each ring, and the differences between entries.
    rings: [Vec<f64>; 4],
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
const fn is_zero(bound: &u64) -> bool {
    *bound == 0
}

// === impl History ===

impl History {
    /// The content of a state file.
    pub(crate) fn save(&self, now: Moment) -> SavedHistory {
        let ago = |ticks: i64| now.ticks().saturating_sub(ticks);
        let times = self
            .timelines
            .each_ref()
            .map(|timeline| timeline.times().map(ago).collect());
        let aggregates = self.kept.iter().filter_map(save_aggregate).collect();
        SavedHistory {
            process: this_process(),
            saved_at: now.unix_millis(),
            times,
            aggregates,
        }
    }

    /// Continues from a state file: its aggregates can be used from now on, and have not grown in the downtime. For a
    /// history without a tick.
    pub(crate) fn restore(&mut self, saved: SavedHistory, now: Moment) {
        let away = Away::new(saved.saved_at, now);
        for (timeline, times) in self.timelines.iter_mut().zip(&saved.times) {
            let mut last = i64::MIN;
            for time in times.iter().map(|ago| away.before(*ago).ticks()) {
                // The times of a ring always increase, whatever the file contains.
                let time = time.max(last);
                timeline.push(time);
                last = time;
            }
        }
        let lengths = self.timelines.each_ref().map(|timeline| timeline.times().count());
        let is_ours = saved.process == this_process();
        for SavedAggregate { name, columns } in saved.aggregates {
            let columns = columns
                .into_iter()
                .map(|column| Some((column.bound, column.restore(lengths, is_ours)?)));
            // An aggregate without all of its columns is ignored.
            self.saved
                .extend(columns.collect::<Option<_>>().map(|columns| (name, columns)));
        }
    }
}

/// A number that no other process has.
fn this_process() -> u64 {
    static NUMBER: OnceLock<u64> = OnceLock::new();
    *NUMBER.get_or_init(|| RandomState::new().hash_one(std::process::id()))
}

fn save_aggregate(kept: &Kept) -> Option<SavedAggregate> {
    let columns: Vec<_> = match &kept.data {
        Data::Growth(column) => vec![SavedColumn::of(0, column)],
        Data::Buckets { bounds, columns } => bounds
            .iter()
            .zip(columns)
            .map(|(bound, column)| SavedColumn::of(bound.to_bits(), column))
            .collect(),
        Data::Now(_) => return None,
    };
    let is_known = kept.columns().iter().any(|column| column.is_known);
    // JSON has no numbers for what is not finite.
    let is_finite = kept
        .columns()
        .iter()
        .all(|column| column.total.is_finite() && column.standing.is_finite());
    (is_known && is_finite).then(|| SavedAggregate {
        name: kept.aggregate.name(),
        columns,
    })
}

// === impl SavedColumn ===

impl SavedColumn {
    fn of(bound: u64, column: &Column) -> Self {
        let rings = column.rings.each_ref().map(|ring| {
            let mut before = 0.0;
            ring.iter()
                .map(|total| total - std::mem::replace(&mut before, total))
                .collect()
        });
        Self {
            bound,
            total: column.total,
            standing: column.standing,
            rings,
        }
    }

    /// The counters of another process have started at zero. `None` if the entry is invalid.
    fn restore(self, lengths: [usize; 4], is_ours: bool) -> Option<Column> {
        let Self {
            bound: _,
            total,
            standing,
            rings,
        } = self;
        let highest = rings
            .iter()
            .map(|ring| ring.iter().map(|growth| growth.max(0.0)).sum::<f64>())
            .fold(total, f64::max);
        if !highest.is_finite() || total < 0.0 {
            return None;
        }
        let standing = if is_ours { standing } else { f64::INFINITY };
        let mut column = Column {
            total,
            is_known: true,
            saved_standing: Some(standing),
            ..Column::default()
        };
        for ((ring, saved), length) in column.rings.iter_mut().zip(rings).zip(lengths) {
            if saved.is_empty() || saved.len() > length {
                continue;
            }
            ring.deepen(saved.len() + 1);
            let mut total = 0.0;
            for growth in saved {
                total += growth.max(0.0);
                ring.push(total);
            }
        }
        Some(column)
    }
}
