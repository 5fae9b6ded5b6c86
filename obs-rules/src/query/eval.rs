//! The evaluation of queries over current metrics.

use std::sync::Arc;

use super::{Query, Relation};

/// The metrics over which a query is evaluated.
///
/// `obs-alert` implements it over its history; a program that reads metrics elsewhere, say from a file, implements it
/// for itself:
///
/// ```
/// use obs_rules::{
///     Condition, Comparison, Naming,
///     promql::Selector,
///     query::{Input, Series, Source, Values},
/// };
///
/// /// The length of two queues.
/// struct Queues([Series; 2]);
///
/// impl Source<Input> for Queues {
///     fn read(&self, input: &Input) -> Values<'_> {
///         match input {
///             Input::Series(selector) if selector.metric() == "queue_length" => Values::each(&self.0),
///             _ => Values::none(),
///         }
///     }
/// }
///
/// let series = |key, queue: &str, value| Series {
///     key,
///     labels: [("queue".to_owned(), queue.to_owned())].into(),
///     value,
/// };
/// let queues = Queues([series(1, "mail", 12.0), series(2, "invoices", 3_000.0)]);
/// let full = Condition::Gauge {
///     selector: Selector::new("queue_length"),
///     denominator: None,
///     comparison: Comparison::Above(1_000.0),
/// };
/// let query = full.query(&Naming::default()).unwrap();
/// let found: Vec<_> = query.eval(&queues).iter().map(|sample| (sample.labels()[0].1.as_str(), sample.holds)).collect();
/// assert_eq!(found, [("mail", false), ("invoices", true)]);
/// ```
pub trait Source<I> {
    /// The current values of an input: none, one without labels, or one for each series. It is called once for each
    /// place in the query that reads the input.
    fn read(&self, input: &I) -> Values<'_>;
}

/// The value of a series: what a [`Source`] returns for inputs that have one value for each series.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "sources construct them")]
pub struct Series {
    /// Identifies the series: equal for equal labels, and only for those.
    pub key: u128,
    /// The labels, without the metric's name.
    pub labels: Arc<[(String, String)]>,
    /// The value.
    pub value: f64,
}

/// A value of a query, and whether the condition holds for it: see [`Query::eval`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sample<'a> {
    /// The series that it belongs to; without one it has no labels.
    pub series: Option<&'a Series>,
    /// The value.
    pub value: f64,
    /// Whether all [tests](Query::Test) hold for it. Prometheus has no value if they don't; here it is known
    /// that there is data.
    pub holds: bool,
}

/// The values of a query or of an input: none, a constant, one without labels, or one for each series.
///
/// ```
/// use obs_rules::query::Values;
///
/// assert_eq!(Values::one(0.25).single(), Some(0.25));
/// assert_eq!(Values::none().single(), None);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Values<'a>(Kind<'a>);

#[derive(Clone, Debug, PartialEq)]
enum Kind<'a> {
    /// No data.
    None,
    /// A number, which goes with values of any labels.
    Scalar(f64),
    /// The only value: no list is allocated for it.
    One(Sample<'a>),
    Each(Vec<Sample<'a>>),
}

// === impl Query ===

impl<I> Query<I> {
    /// The current values of the query, also those that don't hold. Without values there is no data: a ratio whose
    /// denominator has not grown, a gauge that does not exist.
    ///
    /// ```
    /// use obs_rules::{Condition, Naming, promql::Window, query::{Input, Source, Values}};
    ///
    /// /// So many requests have failed; 100 have ended.
    /// struct Failed(f64);
    /// impl Source<Input> for Failed {
    ///     fn read(&self, input: &Input) -> Values<'_> {
    ///         let is_numerator = input.selectors()[0].to_string().contains("server_error");
    ///         Values::one(if is_numerator { self.0 } else { 100.0 })
    ///     }
    /// }
    ///
    /// let query = Condition::error_ratio(Window::minutes(5), 0.05).query(&Naming::default()).unwrap();
    /// let result = |failed| query.eval(&Failed(failed)).iter().map(|it| (it.value, it.holds)).collect::<Vec<_>>();
    /// assert_eq!(result(3.0), [(0.03, false)]);
    /// assert_eq!(result(7.0), [(0.07, true)]);
    /// ```
    pub fn eval<'a>(&self, source: &'a impl Source<I>) -> Values<'a> {
        match self {
            Self::Number(number) => Values(Kind::Scalar(*number)),
            Self::Read(input) => source.read(input),
            Self::Ratio {
                numerator,
                denominator,
                is_zero_filled,
            } => {
                let Some(all) = source.read(denominator).single().filter(|all| *all > 0.0) else {
                    return Values::none();
                };
                let some = source.read(numerator).single().or(is_zero_filled.then_some(0.0));
                some.map_or_else(Values::none, |some| Values::one(some / all))
            }
            Self::Count(input) => match source.read(input).iter().count() {
                0 => Values::none(),
                count => Values::one(f64::from(u32::try_from(count).unwrap_or(u32::MAX))),
            },
            Self::Absent(input) => {
                let holds = source.read(input).iter().next().is_none();
                Values(Kind::One(Sample {
                    series: None,
                    value: if holds { 1.0 } else { 0.0 },
                    holds,
                }))
            }
            Self::OrZero(of) => of.eval(source).or_zero(),
            Self::Binary(left, operator, right) => left.eval(source).combine(&right.eval(source), |left, right| {
                Some((operator.apply(left, right), true))
            }),
            Self::Filter(of, relation, bound) => {
                of.eval(source).combine(&Values(Kind::Scalar(*bound)), |value, bound| {
                    relation.holds(value, bound).then_some((value, true))
                })
            }
            Self::Test(left, relation, right) => left.eval(source).compare(*relation, &right.eval(source)),
            Self::And(left, right) => left.eval(source).and(&right.eval(source)),
        }
    }
}

// === impl Values ===

impl<'a> Values<'a> {
    /// No data.
    #[must_use]
    pub const fn none() -> Self {
        Self(Kind::None)
    }

    /// One value without labels.
    #[must_use]
    pub const fn one(value: f64) -> Self {
        Self(Kind::One(Sample {
            series: None,
            value,
            holds: true,
        }))
    }

    /// One value for each of these series, all of which hold.
    #[must_use]
    pub fn each(series: &'a [Series]) -> Self {
        let sample = |series: &'a Series| Sample {
            series: Some(series),
            value: series.value,
            holds: true,
        };
        match series {
            [] => Self::none(),
            [only] => Self(Kind::One(sample(only))),
            series => Self(Kind::Each(series.iter().map(sample).collect())),
        }
    }

    /// The values, in the order of the left-most input. A constant has none.
    pub fn iter(&self) -> impl Iterator<Item = &Sample<'a>> {
        self.samples().iter()
    }

    /// The value, if there is exactly one; `None` without data and with several series.
    #[must_use]
    pub fn single(&self) -> Option<f64> {
        match &self.0 {
            Kind::Scalar(value) => Some(*value),
            Kind::One(sample) => Some(sample.value),
            Kind::None | Kind::Each(_) => None,
        }
    }

    fn samples(&self) -> &[Sample<'a>] {
        match &self.0 {
            Kind::None | Kind::Scalar(_) => &[],
            Kind::One(sample) => std::slice::from_ref(sample),
            Kind::Each(samples) => samples,
        }
    }

    fn of(samples: Vec<Sample<'a>>) -> Self {
        match samples.as_slice() {
            [] => Self::none(),
            [only] => Self(Kind::One(*only)),
            _ => Self(Kind::Each(samples)),
        }
    }

    /// The value of the right side with the labels of a left one.
    fn partner(&self, left: &Sample<'_>) -> Option<(f64, bool)> {
        match &self.0 {
            Kind::Scalar(value) => Some((*value, true)),
            _ => self
                .iter()
                .find(|right| right.has_labels_of(left))
                .map(|right| (right.value, right.holds)),
        }
    }

    /// Combines values with the same labels by `pair`; those for which it returns `None` are dropped.
    fn combine(self, right: &Self, pair: impl Fn(f64, f64) -> Option<(f64, bool)>) -> Self {
        let both = |left: &Sample<'a>| {
            let (value, is_right_held) = right.partner(left)?;
            let (value, holds) = pair(left.value, value)?;
            Some(Sample {
                series: left.series,
                value,
                holds: left.holds && is_right_held && holds,
            })
        };
        match (self.0, &right.0) {
            (Kind::Scalar(left), Kind::Scalar(right)) => {
                Self(pair(left, *right).map_or(Kind::None, |(value, _)| Kind::Scalar(value)))
            }
            (Kind::Scalar(left), _) => {
                let of = |right: &Sample<'a>| {
                    let (value, holds) = pair(left, right.value)?;
                    Some(Sample {
                        value,
                        holds: right.holds && holds,
                        ..*right
                    })
                };
                Self::of(right.iter().filter_map(of).collect())
            }
            (Kind::One(left), _) => Self(both(&left).map_or(Kind::None, Kind::One)),
            (left, _) => Self::of(Self(left).iter().filter_map(both).collect()),
        }
    }

    /// The left values, or the right ones if the left is a number, as Prometheus has it.
    fn compare(self, relation: Relation, right: &Self) -> Self {
        let is_left_kept = !matches!(self.0, Kind::Scalar(_));
        self.combine(right, |left, right| {
            Some((if is_left_kept { left } else { right }, relation.holds(left, right)))
        })
    }

    fn and(self, right: &Self) -> Self {
        let both = |left: Sample<'a>| {
            let is_held = right.iter().any(|right| right.holds && right.has_labels_of(&left));
            Sample {
                holds: left.holds && is_held,
                ..left
            }
        };
        Self(match self.0 {
            Kind::One(left) => Kind::One(both(left)),
            Kind::Each(samples) => Kind::Each(samples.into_iter().map(both).collect()),
            other => other,
        })
    }

    fn or_zero(self) -> Self {
        let zero = Sample {
            series: None,
            value: 0.0,
            holds: true,
        };
        let is_plain = |sample: &Sample<'_>| sample.has_labels_of(&zero);
        match self.0 {
            Kind::None => Self(Kind::One(zero)),
            Kind::Scalar(value) => Self(Kind::Scalar(value)),
            Kind::One(sample) if is_plain(&sample) => Self(Kind::One(if sample.holds { sample } else { zero })),
            _ => {
                let mut samples = self.samples().to_vec();
                match samples.iter_mut().find(|sample| is_plain(sample)) {
                    Some(plain) if plain.holds => {}
                    Some(plain) => *plain = zero,
                    None => samples.push(zero),
                }
                Self::of(samples)
            }
        }
    }
}

// === impl Sample ===

impl<'a> Sample<'a> {
    /// The labels of its series; empty for a value without one.
    #[must_use]
    pub fn labels(&self) -> &'a [(String, String)] {
        self.series.map_or(&[], |series| &series.labels)
    }

    fn has_labels_of(&self, other: &Sample<'_>) -> bool {
        match (self.series, other.series) {
            (Some(one), Some(other)) => one.key == other.key,
            _ => self.labels().is_empty() && other.labels().is_empty(),
        }
    }
}
