//! The inputs of queries: functions of series.

use std::time::Duration;

use crate::{
    Tally,
    promql::{Expr, Selector, Window},
};

/// A function of series that a query reads: the leaves of a [`Query`](super::Query).
///
/// What a condition needs from a store of metrics is the list of its inputs: which series, over which window.
///
/// ```
/// use std::time::Duration;
/// use obs_rules::{Condition, Naming, promql::Window};
///
/// let drop = Condition::error_ratio(Window::minutes(5), 0.05);
/// let query = drop.query(&Naming::default()).unwrap();
/// for input in query.inputs() {
///     assert_eq!(input.selectors()[0].metric(), "http_requests_total");
///     assert_eq!(input.reach(), Duration::from_secs(300));
/// }
/// ```
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
        /// The window.
        window: Window,
        /// The series `up` of the counter's targets: it exists if a target was scraped before the counter appeared.
        up: Selector,
    },
    /// A quantile of the values of a histogram: `histogram_quantile(…)`. No data without observations, where
    /// Prometheus has NaN, with which no comparison holds.
    Quantile {
        /// The histogram's buckets: `…_bucket`.
        buckets: Selector,
        /// The quantile, above 0 and below 1.
        quantile: f64,
        /// The window.
        window: Window,
    },
    /// The current values of series, one by one.
    Series(Selector),
}

/// The growth of counters that are added up, over a window, with resets of the counters taken into account.
///
/// ```
/// use obs_rules::{promql::{Selector, Window}, query::Growth};
///
/// let hour = Window::minutes(60);
/// let yesterday = Growth::new(Selector::new("jobs_total"), hour).before(Window::minutes(24 * 60));
/// assert_eq!(yesterday.offset.map(|offset| offset.to_string()).as_deref(), Some("1d"));
/// assert!(!yesterday.is_zero_filled());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Growth {
    /// The counters. One alone without series is no data; of several, each without series counts as 0.
    pub counters: Tally,
    /// The window.
    pub window: Window,
    /// How long ago the window ended; `None` if it ends now.
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

    /// The length of the window that it reads; `None` if it reads current values only.
    #[must_use]
    pub const fn window(&self) -> Option<Window> {
        match self {
            Self::Growth(growth) => Some(growth.window),
            Self::GrowthFromZero { window, .. } | Self::Quantile { window, .. } => Some(*window),
            Self::Series(_) => None,
        }
    }

    /// How far back it reads: its window and the offset, zero for current values. A history must hold as much.
    #[must_use]
    pub fn reach(&self) -> Duration {
        let offset = match self {
            Self::Growth(growth) => growth.offset,
            _ => None,
        };
        let parts = [self.window(), offset].into_iter().flatten();
        parts.fold(Duration::ZERO, |reach, part| reach.saturating_add(part.duration()))
    }

    /// The same input of other series: of one job only, or of renamed metrics.
    #[must_use]
    pub fn map(&self, series: impl Fn(&Selector) -> Selector) -> Self {
        let mut input = self.clone();
        match &mut input {
            Self::Growth(growth) => growth.counters = growth.counters.selectors().iter().map(series).collect(),
            Self::GrowthFromZero { counter, up, .. } => (*counter, *up) = (series(counter), series(up)),
            Self::Quantile { buckets: selector, .. } | Self::Series(selector) => *selector = series(selector),
        }
        input
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
