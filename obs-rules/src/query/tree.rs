//! The tree.

use std::{convert::Infallible, fmt};

use super::{Growth, Input};
use crate::promql::{Expr, Selector};

/// The meaning of a condition, as a tree; see the [module](super). `I` is what it reads: an [`Input`], or what a
/// [`Source`](super::Source) has made of it.
///
/// A caller that needs the series, the windows or the threshold of a condition reads them from here, for every kind of
/// condition alike:
///
/// ```
/// use std::time::Duration;
/// use obs_rules::{Condition, Naming, promql::Window};
///
/// let slow = Condition::latency(0.99, Window::minutes(5), Duration::from_secs(1));
/// let query = slow.query(&Naming::default()).unwrap();
/// let inputs = query.inputs();
/// assert_eq!(inputs.len(), 1);
/// assert_eq!(inputs[0].window(), Some(Window::minutes(5)));
/// assert_eq!(inputs[0].selectors()[0].metric(), "http_request_duration_seconds_bucket");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Query<I = Input> {
    /// A number.
    Number(f64),
    /// The value of an input.
    Read(I),
    /// Growth by growth over windows of the same length, 0 to 1 where the numerator is a part of the denominator. No
    /// data where the denominator has not grown.
    Ratio {
        /// The numerator.
        numerator: I,
        /// The denominator.
        denominator: I,
        /// Whether a numerator without series is 0; else it is no data.
        is_zero_filled: bool,
    },
    /// The number of series; no data if there are none.
    Count(I),
    /// 1, which holds, if there is no such series.
    Absent(I),
    /// The value, or 0 if there is no value without labels.
    OrZero(Box<Self>),
    /// Arithmetic between values with the same labels.
    Binary(Box<Self>, Operator, Box<Self>),
    /// The values for which the comparison with a number holds; the others are no data.
    Filter(Box<Self>, Relation, f64),
    /// The left values, which [hold](super::Sample::holds) if their comparison with the right ones does.
    Test(Box<Self>, Relation, Box<Self>),
    /// The left values, which hold if the right ones with the same labels hold too.
    And(Box<Self>, Box<Self>),
}

/// An arithmetic operator between two values; see [`Query::binary`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// How two values are compared. With NaN, no relation holds.
///
/// ```
/// use obs_rules::query::Relation;
///
/// assert!(Relation::AtLeast.holds(0.5, 0.5) && !Relation::Above.holds(0.5, 0.5));
/// assert!(!Relation::Below.holds(f64::NAN, 1.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `>`
    Above,
    /// `<`
    Below,
    /// `>=`
    AtLeast,
}

// === impl Query ===

impl Query {
    /// The growth of one by that of the other, over windows of the same length. A numerator without series is 0; a
    /// denominator that has not grown is no data.
    ///
    /// ```
    /// use obs_rules::{promql::{Selector, Window}, query::{Growth, Query}};
    ///
    /// let growth = |metric: &str| Growth::new(Selector::new(metric), Window::minutes(10));
    /// assert_eq!(
    ///     Query::ratio(growth("hits_total"), growth("lookups_total")).to_string(),
    ///     "(sum(rate(hits_total[10m])) or vector(0)) / (sum(rate(lookups_total[10m])) > 0)",
    /// );
    /// ```
    #[must_use]
    pub const fn ratio(numerator: Growth, denominator: Growth) -> Self {
        Self::Ratio {
            numerator: Input::Growth(numerator),
            denominator: Input::Growth(denominator),
            is_zero_filled: true,
        }
    }

    /// The current values of series.
    #[must_use]
    pub const fn series(selector: Selector) -> Self {
        Self::Read(Input::Series(selector))
    }

    /// The query as an expression of `PromQL`, which has the values that hold.
    #[must_use]
    pub fn promql(&self) -> Expr {
        match self {
            Self::Number(number) => Expr::number(*number),
            Self::Read(input) => input.promql(),
            Self::Ratio {
                numerator,
                denominator,
                is_zero_filled,
            } => {
                let numerator = numerator.rate();
                let numerator = if *is_zero_filled {
                    numerator.or_zero()
                } else {
                    numerator
                };
                numerator / denominator.rate().above_zero()
            }
            Self::Count(input) => input.promql().call("count"),
            Self::Absent(input) => input.promql().call("absent"),
            Self::OrZero(query) => query.promql().or_zero(),
            Self::Binary(left, operator, right) => operator.promql(left.promql(), right.promql()),
            Self::Filter(query, relation, bound) => relation.promql(query.promql(), Expr::number(*bound)),
            Self::Test(left, relation, right) => relation.promql(left.promql(), right.promql()),
            Self::And(left, right) => left.promql().and(right.promql()),
        }
    }

    /// The growth of the requests, or other events, of which its value is a share or a quantile: the number of events
    /// on which its significance depends. `None` if the value is neither.
    #[must_use]
    pub fn traffic(&self) -> Option<Growth> {
        self.nodes().into_iter().find_map(|node| match node {
            Self::Ratio {
                denominator: Input::Growth(denominator),
                ..
            } => Some(denominator.clone()),
            Self::Read(Input::Quantile { buckets, window, .. }) => {
                let name = buckets.metric().strip_suffix("_bucket").unwrap_or(buckets.metric());
                Some(Growth::new(buckets.clone().named(format!("{name}_count")), *window))
            }
            _ => None,
        })
    }

    /// Whether it has one value for each series, with its labels: each then has an alert of its own.
    #[must_use]
    pub fn has_series(&self) -> bool {
        match self {
            Self::Read(Input::Series(_)) => true,
            Self::Number(_) | Self::Read(_) | Self::Ratio { .. } | Self::Count(_) | Self::Absent(_) => false,
            Self::OrZero(of) | Self::Filter(of, ..) | Self::And(of, _) => of.has_series(),
            Self::Binary(left, _, right) | Self::Test(left, _, right) => left.has_series() || right.has_series(),
        }
    }

    /// The labels of the series whose absence it reports, as [`Selector::absent_labels`] has them; none for a query
    /// that is not [`Absent`](Self::Absent), also if it is narrowed by [`And`](Self::And).
    ///
    /// ```
    /// use obs_rules::{Condition, Naming, promql::Selector};
    ///
    /// let silent = Condition::Absence {
    ///     selector: Selector::new("heartbeat").with("queue", "mail"),
    /// };
    /// let query = silent.query(&Naming::default()).unwrap();
    /// assert_eq!(query.absent_labels(), [("queue".to_owned(), "mail".to_owned())]);
    /// ```
    #[must_use]
    pub fn absent_labels(&self) -> Vec<(String, String)> {
        match self {
            Self::Absent(Input::Series(selector)) => selector.absent_labels(),
            Self::And(of, _) => of.absent_labels(),
            _ => Vec::new(),
        }
    }
}

impl<I> Query<I> {
    /// `self > bound`, for example: [`Filter`](Self::Filter).
    #[must_use]
    pub fn filter(self, relation: Relation, bound: f64) -> Self {
        Self::Filter(Box::new(self), relation, bound)
    }

    /// `self > other`, for example: [`Test`](Self::Test).
    #[must_use]
    pub fn test(self, relation: Relation, other: Self) -> Self {
        Self::Test(Box::new(self), relation, Box::new(other))
    }

    /// `self and other`: [`And`](Self::And).
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::And(Box::new(self), Box::new(other))
    }

    /// The value, or 0 if there is no value without labels.
    #[must_use]
    pub fn or_zero(self) -> Self {
        Self::OrZero(Box::new(self))
    }

    /// `self + other`, for example: [`Binary`](Self::Binary).
    #[must_use]
    pub fn binary(self, operator: Operator, other: Self) -> Self {
        Self::Binary(Box::new(self), operator, Box::new(other))
    }

    /// All nodes, each before those below it, from left to right.
    #[must_use]
    pub fn nodes(&self) -> Vec<&Self> {
        let mut nodes = vec![self];
        match self {
            Self::Number(_) | Self::Read(_) | Self::Ratio { .. } | Self::Count(_) | Self::Absent(_) => {}
            Self::OrZero(of) | Self::Filter(of, ..) => nodes.extend(of.nodes()),
            Self::Binary(left, _, right) | Self::Test(left, _, right) | Self::And(left, right) => {
                nodes.extend(left.nodes());
                nodes.extend(right.nodes());
            }
        }
        nodes
    }

    /// All inputs, from left to right; they can repeat.
    #[must_use]
    pub fn inputs(&self) -> Vec<&I> {
        let mut inputs = Vec::new();
        for node in self.nodes() {
            match node {
                Self::Read(input) | Self::Count(input) | Self::Absent(input) => inputs.push(input),
                Self::Ratio {
                    numerator, denominator, ..
                } => inputs.extend([numerator, denominator]),
                _ => {}
            }
        }
        inputs
    }

    /// The same query over other inputs: what a [`Source`](super::Source) has made of them, say the place of a series
    /// in its history.
    ///
    /// ```
    /// use obs_rules::{Condition, Naming, promql::Window, query::{Source, Values}};
    ///
    /// /// The inputs are numbers of rows.
    /// struct Rows(Vec<f64>);
    /// impl Source<usize> for Rows {
    ///     fn read(&self, row: &usize) -> Values<'_> {
    ///         Values::one(self.0[*row])
    ///     }
    /// }
    ///
    /// let query = Condition::error_ratio(Window::minutes(5), 0.05).query(&Naming::default()).unwrap();
    /// let mut rows = 0..;
    /// let placed = query.map(|_| rows.next().unwrap());
    /// assert_eq!(placed.inputs(), [&0, &1]);
    /// assert!(placed.eval(&Rows(vec![6.0, 100.0])).iter().all(|sample| sample.holds));
    /// ```
    #[must_use]
    pub fn map<J>(&self, mut input: impl FnMut(&I) -> J) -> Query<J> {
        match self.try_map(&mut |read| Ok::<_, Infallible>(input(read))) {
            Ok(query) => query,
            Err(never) => match never {},
        }
    }

    /// The same query over other inputs, of which each can fail.
    ///
    /// # Errors
    ///
    /// The first error of `input`, which is called from left to right.
    pub fn try_map<J, E>(&self, input: &mut impl FnMut(&I) -> Result<J, E>) -> Result<Query<J>, E> {
        let mut boxed = |query: &Self| query.try_map(input).map(Box::new);
        Ok(match self {
            Self::OrZero(of) => Query::OrZero(boxed(of)?),
            Self::Filter(of, relation, bound) => Query::Filter(boxed(of)?, *relation, *bound),
            Self::Binary(left, operator, right) => Query::Binary(boxed(left)?, *operator, boxed(right)?),
            Self::Test(left, relation, right) => Query::Test(boxed(left)?, *relation, boxed(right)?),
            Self::And(left, right) => Query::And(boxed(left)?, boxed(right)?),
            Self::Number(number) => Query::Number(*number),
            Self::Read(read) => Query::Read(input(read)?),
            Self::Count(read) => Query::Count(input(read)?),
            Self::Absent(read) => Query::Absent(input(read)?),
            Self::Ratio {
                numerator,
                denominator,
                is_zero_filled,
            } => Query::Ratio {
                numerator: input(numerator)?,
                denominator: input(denominator)?,
                is_zero_filled: *is_zero_filled,
            },
        })
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.promql().fmt(f)
    }
}

// === impl Operator ===

impl Operator {
    /// The result; as floating-point numbers have it, a division by 0 is infinite or NaN.
    #[must_use]
    pub fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
        }
    }

    fn promql(self, left: Expr, right: Expr) -> Expr {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
        }
    }
}

// === impl Relation ===

impl Relation {
    /// Whether the two values compare so.
    #[must_use]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Above => left > right,
            Self::Below => left < right,
            Self::AtLeast => left >= right,
        }
    }

    fn promql(self, left: Expr, right: Expr) -> Expr {
        match self {
            Self::Above => left.above_each(right),
            Self::Below => left.below_each(right),
            Self::AtLeast => left.at_least_each(right),
        }
    }
}
