//! The frames of one step.

use std::collections::VecDeque;

use obs_core::metrics::{SeriesSnapshot, ValueSnapshot};

use super::{
    codec::{self, Change},
    series::SeriesId,
};

/// Samples at the same distance in time: what has changed from each to the next.
#[derive(Debug)]
pub(super) struct Frames {
    /// The ticks from one sample to the next.
    pub(super) every: u64,
    /// The most frames.
    max: usize,
    kept: VecDeque<Frame>,
    /// The values of the last sample, by the number of the series.
    last: Vec<Last>,
    /// The values of gauges before the oldest frame.
    base: Vec<f64>,
    /// The tick of the sample before the oldest frame.
    begin: u64,
    bytes: usize,
    /// The frame that is being made, and the last series in it.
    open: Vec<u8>,
    open_last: u32,
}

#[derive(Debug)]
pub(super) struct Frame {
    /// The tick of its sample.
    pub(super) tick: u64,
    changes: Box<[u8]>,
}

/// What a series was at the last sample.
#[derive(Clone, Debug, Default)]
enum Last {
    /// There was none.
    #[default]
    New,
    Counter(f64),
    Gauge(f64),
    Histogram {
        counts: Box<[u64]>,
        sum: f64,
    },
    Summary {
        count: u64,
        sum: f64,
    },
}

/// What a frame takes beside its bytes.
const FRAME: usize = size_of::<Frame>() + 16;

// === impl Frames ===

impl Frames {
    pub(super) fn new(every: u64, max: usize) -> Self {
        Self {
            every,
            max,
            kept: VecDeque::new(),
            last: Vec::new(),
            base: Vec::new(),
            begin: 0,
            bytes: 0,
            open: Vec::new(),
            open_last: 0,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// The tick at which the oldest frame begins.
    pub(super) fn begin(&self) -> u64 {
        self.begin
    }

    /// Begins the history at a sample: nothing is known of before.
    pub(super) fn begin_at(&mut self, tick: u64) {
        self.begin = tick;
    }

    /// The value that a gauge had before the oldest frame.
    pub(super) fn base(&self, id: SeriesId) -> Option<f64> {
        self.base.get(id.0 as usize).copied().filter(|value| !value.is_nan())
    }

    /// Adds a series to the frame that is being made, if it has changed. The series come in the order of their numbers;
    /// `None` is one that the sample does not have. Whatever was counted before a series `begins` is no growth.
    pub(super) fn add(&mut self, id: SeriesId, series: Option<&SeriesSnapshot>, begins: bool) {
        let last = self.place(id);
        let change = match series {
            Some(series) if begins => {
                last.begin(&series.value);
                // A gauge has its value from here on; in the first sample of all, from before the oldest frame on.
                if let Last::Gauge(value) = *last
                    && let Some(base) = self.base.get_mut(id.0 as usize)
                {
                    *base = value;
                }
                None
            }
            Some(series) => last.change(&series.value),
            None => last.end(),
        };
        if let Some(change) = change {
            codec::push(&mut self.open, id.0 - self.open_last, &change);
            self.open_last = id.0;
        }
    }

    /// Ends the frame that is being made.
    pub(super) fn finish(&mut self, tick: u64) {
        let changes: Box<[u8]> = self.open.as_slice().into();
        self.open.clear();
        self.open_last = 0;
        self.bytes += FRAME + changes.len();
        self.kept.push_back(Frame { tick, changes });
        while self.kept.len() > self.max {
            self.drop_oldest();
        }
    }

    /// Drops the oldest frame; its gauges are what the next one begins with.
    pub(super) fn drop_oldest(&mut self) -> bool {
        let Some(frame) = self.kept.pop_front() else {
            return false;
        };
        self.bytes -= FRAME + frame.changes.len();
        self.begin = frame.tick;
        frame.each(|id, change| {
            if let Change::Value(value) = change
                && let Some(base) = self.base.get_mut(id.0 as usize)
            {
                *base = value;
            }
        });
        true
    }

    /// Forgets a series: another one may have its number.
    pub(super) fn forget(&mut self, id: SeriesId) {
        let at = id.0 as usize;
        if let (Some(last), Some(base)) = (self.last.get_mut(at), self.base.get_mut(at)) {
            (*last, *base) = (Last::New, f64::NAN);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Frame> {
        self.kept.iter()
    }

    fn place(&mut self, id: SeriesId) -> &mut Last {
        let at = id.0 as usize;
        if at >= self.last.len() {
            self.last.resize(at + 1, Last::New);
            self.base.resize(at + 1, f64::NAN);
        }
        &mut self.last[at]
    }
}

// === impl Frame ===

impl Frame {
    /// Calls `visit` with each change.
    pub(super) fn each(&self, mut visit: impl FnMut(SeriesId, Change)) {
        let mut rest = &*self.changes;
        let mut at = 0;
        while let Some((gap, change)) = codec::read(&mut rest) {
            at += gap;
            visit(SeriesId(at), change);
        }
    }
}

// === impl Last ===

impl Last {
    fn begin(&mut self, value: &ValueSnapshot) {
        *self = match value {
            ValueSnapshot::Counter { total, .. } => Self::Counter(*total),
            ValueSnapshot::Gauge(value) => Self::Gauge(*value),
            ValueSnapshot::Histogram(histogram) => Self::Histogram {
                counts: own_counts(value).collect(),
                sum: histogram.sum,
            },
            ValueSnapshot::Summary(summary) => Self::Summary {
                count: summary.count,
                sum: summary.sum,
            },
            _ => Self::New,
        };
    }

    /// The change if there is no value any more.
    fn end(&mut self) -> Option<Change> {
        match self {
            Self::Gauge(value) if !value.is_nan() => {
                *value = f64::NAN;
                Some(Change::Value(f64::NAN))
            }
            _ => None,
        }
    }

    /// The change to a value, which is the last one now. A series that appears has grown from zero; a total that is less
    /// than before has begun again.
    fn change(&mut self, value: &ValueSnapshot) -> Option<Change> {
        let change = match (&*self, value) {
            (Self::Gauge(last), ValueSnapshot::Gauge(value)) => {
                (last.to_bits() != value.to_bits()).then_some(Change::Value(*value))
            }
            (_, ValueSnapshot::Gauge(value)) => Some(Change::Value(*value)),
            (last, ValueSnapshot::Counter { total, .. }) => {
                let before = if let Self::Counter(last) = last { *last } else { 0.0 };
                let growth = if *total < before { *total } else { total - before };
                (growth > 0.0).then_some(Change::Growth(growth))
            }
            (last, ValueSnapshot::Histogram(histogram)) => {
                let (counts, sum) = match last {
                    Self::Histogram { counts, sum } => (&**counts, *sum),
                    _ => (&[][..], 0.0),
                };
                observations(counts, sum, value, histogram.sum)
            }
            (last, ValueSnapshot::Summary(summary)) => {
                let (count, sum) = match last {
                    Self::Summary { count, sum } if *count <= summary.count => (*count, *sum),
                    _ => (0, 0.0),
                };
                let growth = summary.count - count;
                (growth > 0).then_some(Change::Summary {
                    count: growth,
                    sum: summary.sum - sum,
                })
            }
            _ => None,
        };
        if change.is_some() || matches!(self, Self::New) {
            self.begin(value);
        }
        change
    }
}

/// The counts of the buckets, each without those of the buckets before.
fn own_counts(value: &ValueSnapshot) -> impl Iterator<Item = u64> {
    let buckets = match value {
        ValueSnapshot::Histogram(histogram) => &histogram.buckets[..],
        _ => &[],
    };
    let mut before = 0;
    buckets.iter().map(move |bucket| {
        let own = bucket.cumulative_count.saturating_sub(before);
        before = bucket.cumulative_count;
        own
    })
}

fn observations(last: &[u64], last_sum: f64, value: &ValueSnapshot, sum: f64) -> Option<Change> {
    let before = |at: usize| last.get(at).copied().unwrap_or(0);
    let has_begun_again = own_counts(value).enumerate().any(|(at, count)| count < before(at));
    let counts = (0_u32..).zip(own_counts(value));
    let grown = counts.map(|(at, count)| {
        let before = if has_begun_again { 0 } else { before(at as usize) };
        (at, count - before)
    });
    let buckets: Vec<_> = grown.filter(|(_, growth)| *growth > 0).collect();
    let sum = if has_begun_again { sum } else { sum - last_sum };
    (!buckets.is_empty()).then_some(Change::Observations { buckets, sum })
}
