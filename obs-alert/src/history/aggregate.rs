//! Aggregates: what the history stores, and queries read.

use super::{
    column::Column,
    ring::Timeline,
    series_matcher::{InvalidPattern, SeriesMatcher},
};
use obs_rules::query::Series;

use crate::promql::Selector;

/// A function over series whose result the history stores.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Aggregate {
    /// The growth of series that count together.
    Growth(Vec<Selector>),
    /// The growth of each bucket of a histogram, over all its series.
    Buckets(Selector),
    /// The current values of series.
    Now(Selector),
}

/// The number of an aggregate in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AggregateId(pub(super) u32);

/// An aggregate with its data, which is kept as long as a rule or an objective uses it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) aggregate: Aggregate,
    pub(super) users: usize,
    /// How far back it is read, in milliseconds.
    pub(super) reach: i64,
    pub(super) data: Data,
}

#[derive(Clone, Debug)]
pub(super) enum Data {
    Growth(Column),
    /// The bounds are those of the first series.
    Buckets {
        bounds: Vec<f64>,
        columns: Vec<Column>,
    },
    Now(Vec<Series>),
}

// === impl Aggregate ===

impl Aggregate {
    pub(super) fn selectors(&self) -> &[Selector] {
        match self {
            Self::Growth(selectors) => selectors,
            Self::Buckets(selector) | Self::Now(selector) => std::slice::from_ref(selector),
        }
    }

    pub(super) fn matchers(&self) -> Result<Vec<(String, SeriesMatcher)>, InvalidPattern> {
        self.selectors()
            .iter()
            .map(|one| Ok((one.metric().to_owned(), SeriesMatcher::new(one)?)))
            .collect()
    }

    /// A text that identifies the aggregate in state files.
    pub(super) fn name(&self) -> String {
        let selectors: Vec<_> = self.selectors().iter().map(Selector::to_string).collect();
        let kind = match self {
            Self::Growth(_) => "growth",
            Self::Buckets(_) => "buckets",
            Self::Now(_) => "now",
        };
        format!("{kind} {}", selectors.join(" + "))
    }
}

// === impl Kept ===

impl Kept {
    pub(super) fn new(aggregate: Aggregate) -> Self {
        let data = match &aggregate {
            Aggregate::Growth(_) => Data::Growth(Column::default()),
            Aggregate::Buckets(_) => Data::Buckets {
                bounds: Vec::new(),
                columns: Vec::new(),
            },
            Aggregate::Now(_) => Data::Now(Vec::new()),
        };
        Self {
            aggregate,
            users: 0,
            reach: 0,
            data,
        }
    }

    pub(super) fn columns(&self) -> &[Column] {
        match &self.data {
            Data::Growth(column) => std::slice::from_ref(column),
            Data::Buckets { columns, .. } => columns,
            Data::Now(_) => &[],
        }
    }

    pub(super) fn columns_mut(&mut self) -> &mut [Column] {
        match &mut self.data {
            Data::Growth(column) => std::slice::from_mut(column),
            Data::Buckets { columns, .. } => columns,
            Data::Now(_) => &mut [],
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.columns().iter().map(Column::bytes).sum::<usize>()
    }

    /// Sets the bounds of a histogram, once: those of its first series.
    pub(super) fn begin_buckets(&mut self, found: impl Iterator<Item = f64>, timelines: &[Timeline; 4]) {
        let reach = self.reach;
        let Data::Buckets { bounds, columns } = &mut self.data else {
            return;
        };
        if !bounds.is_empty() {
            return;
        }
        bounds.extend(found);
        columns.resize_with(bounds.len(), Column::default);
        for column in columns {
            column.begin_late(reach, timelines);
        }
    }

    /// Continues with the columns of a state file.
    pub(super) fn restore(&mut self, saved: Vec<(u64, Column)>) {
        match &mut self.data {
            Data::Growth(column) => {
                if let Some((_, saved)) = saved.into_iter().next() {
                    *column = saved;
                }
            }
            Data::Buckets { bounds, columns } => {
                let (found, saved): (Vec<f64>, Vec<Column>) = saved
                    .into_iter()
                    .map(|(bound, column)| (f64::from_bits(bound), column))
                    .unzip();
                *bounds = found;
                *columns = saved;
            }
            Data::Now(_) => {}
        }
    }
}
