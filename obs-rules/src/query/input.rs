//! What queries read of the metrics.

use crate::{
    Tally,
    promql::{Expr, Selector, Window},
};

/// What a query reads of the metrics.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// The growth of counters: `sum(increase(…))`.
    Growth(Growth),
    /// The growth of a counter that may appear within the window, all its series together: one that appears has grown
    /// from 0. Without series it is 0.
    GrowthFromZero {
        /// The counter.
        counter: Selector,
        /// Over which window.
        window: Window,
        /// The series `up` of the counter's targets, which tells that one was scraped before the counter appeared.
        up: Selector,
    },
    /// A quantile of what a histogram observed: `histogram_quantile(…)`. No data without observations, where Prometheus
    /// says NaN, which no comparison takes.
    Quantile {
        /// The histogram's buckets: `…_bucket`.
        buckets: Selector,
        /// The quantile, above 0 and below 1.
        quantile: f64,
        /// Over which window.
        window: Window,
    },
    /// The current values of series, each for itself.
    Series(Selector),
}

/// The growth of counters that count together, over a window.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Growth {
    /// The counters. One alone without series is no data; of several, each without series counts as 0.
    pub counters: Tally,
    /// Over which window.
    pub window: Window,
    /// How long ago the window ended, if it was not now.
    pub offset: Option<Window>,
}

// === impl Input ===

impl Input {
    /// The series that it reads.
    #[must_use]
    pub fn selectors(&self) -> &[Selector] {
        match self {
            Self::Growth(growth) => growth.counters.selectors(),
            Self::GrowthFromZero { counter: selector, .. }
            | Self::Quantile { buckets: selector, .. }
            | Self::Series(selector) => std::slice::from_ref(selector),
        }
    }

    pub(super) fn promql(&self) -> Expr {
        match self {
            Self::Growth(growth) => growth.increase(),
            Self::GrowthFromZero { counter, window, up } => growth_from_zero(counter, *window, up),
            Self::Quantile {
                buckets,
                quantile,
                window,
            } => Expr::rate(buckets, *window)
                .sum_by(&["le"])
                .histogram_quantile(*quantile),
            Self::Series(selector) => Expr::instant(selector),
        }
    }

    /// As a part of a ratio: rates, whose windows cancel out.
    pub(super) fn rate(&self) -> Expr {
        match self {
            Self::Growth(growth) => growth.rate(),
            other => other.promql(),
        }
    }
}

/// `increase()` does not see a series' first value: a counter that appears with 1 has not grown for it. So the values
/// of series that were not there are added, unless their target was not either: what it counted before it was first
/// scraped is old.
fn growth_from_zero(counter: &Selector, window: Window, up: &Selector) -> Expr {
    let grown = Expr::increase(counter, window).sum().or_zero();
    let appeared = Expr::instant(counter).unless(Expr::instant_before(counter, window));
    let target = Expr::instant_before(up, window);
    grown + appeared.and_on(&["job", "instance"], target).sum().or_zero()
}

// === impl Growth ===

impl Growth {
    /// The growth of counters over a window that ends now.
    #[must_use]
    pub fn new(counters: impl Into<Tally>, window: Window) -> Self {
        Self {
            counters: counters.into(),
            window,
            offset: None,
        }
    }

    /// The growth over the window that ended `offset` ago.
    #[must_use]
    pub const fn before(mut self, offset: Window) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Whether it is 0 where no series exists, and not no data: it is a sum of several counters.
    #[must_use]
    pub const fn is_zero_filled(&self) -> bool {
        self.counters.selectors().len() != 1
    }

    fn increase(&self) -> Expr {
        match self.offset {
            Some(offset) => self.counters.increase_before(self.window, offset),
            None => self.counters.increase(self.window),
        }
    }

    fn rate(&self) -> Expr {
        match self.offset {
            Some(offset) => self.counters.rate_before(self.window, offset),
            None => self.counters.rate(self.window),
        }
    }
}
