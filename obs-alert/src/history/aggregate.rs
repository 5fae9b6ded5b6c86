//! What is asked of the history.

use super::{
    column::Column,
    series_matcher::{InvalidPattern, SeriesMatcher},
};
use obs_rules::query::Series;

use crate::promql::Selector;

/// An aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Aggregate {
    /// The growth of series that count together.
    Growth(Vec<Selector>),
    /// The growth of each bucket of a histogram, over all its series.
    Buckets(Selector),
    /// What series stand at now.
    Now(Selector),
}

/// Where an aggregate is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AggregateId(pub(super) u32);

/// An aggregate that is kept, for as long as somebody asks for it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) aggregate: Aggregate,
    pub(super) users: usize,
    /// How far back it is asked for, in milliseconds.
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

    /// The same for the same aggregate in every process.
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
}
