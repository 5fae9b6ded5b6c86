//! Counters that are added up.

use crate::promql::{Expr, Range, Selector, Window};

/// Counters that are added up, such as the requests of several outcomes. The selectors never match the same series.
///
/// ```
/// use obs_rules::{Tally, promql::{Selector, Window}};
///
/// let jobs = Selector::new("jobs_total");
/// let ended = Tally::new(vec![jobs.clone().with("state", "done"), jobs.with("state", "failed")]);
/// assert_eq!(
///     ended.rate(Window::minutes(5)).to_string(),
///     "(sum(rate(jobs_total{state=\"done\"}[5m])) or vector(0)) \
///      + (sum(rate(jobs_total{state=\"failed\"}[5m])) or vector(0))",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tally {
    selectors: Vec<Selector>,
}

// === impl Tally ===

impl From<Selector> for Tally {
    fn from(selector: Selector) -> Self {
        Self::new(vec![selector])
    }
}

impl FromIterator<Selector> for Tally {
    fn from_iter<T: IntoIterator<Item = Selector>>(selectors: T) -> Self {
        Self::new(selectors.into_iter().collect())
    }
}

impl Tally {
    /// The counters of these selectors, which must not match the same series.
    #[must_use]
    pub const fn new(selectors: Vec<Selector>) -> Self {
        Self { selectors }
    }

    /// The selectors whose counters are added up.
    #[must_use]
    pub const fn selectors(&self) -> &[Selector] {
        self.selectors.as_slice()
    }

    /// The growth per second over a window, as `sum(rate(…))`. If the only selector has no series, there is no data; of
    /// several selectors, each without series counts as 0.
    #[must_use]
    pub fn rate(&self, range: impl Into<Range>) -> Expr {
        let range = range.into();
        self.sum_of(|selector| Expr::rate(selector, range))
    }

    /// [`rate`](Self::rate) over a window that ended `offset` ago.
    #[must_use]
    pub fn rate_before(&self, window: Window, offset: Window) -> Expr {
        self.sum_of(|selector| Expr::rate_before(selector, window, offset))
    }

    /// The growth over a window, as `sum(increase(…))`.
    #[must_use]
    pub fn increase(&self, window: Window) -> Expr {
        self.sum_of(|selector| Expr::increase(selector, window))
    }

    /// [`increase`](Self::increase) over a window that ended `offset` ago.
    #[must_use]
    pub fn increase_before(&self, window: Window, offset: Window) -> Expr {
        self.sum_of(|selector| Expr::increase_before(selector, window, offset))
    }

    fn sum_of(&self, one: impl Fn(&Selector) -> Expr) -> Expr {
        match self.selectors.as_slice() {
            [] => Expr::vector(0.0),
            [only] => one(only).sum(),
            [first, others @ ..] => {
                let part = |selector| one(selector).sum().or_zero();
                others.iter().fold(part(first), |sum, selector| sum + part(selector))
            }
        }
    }
}
