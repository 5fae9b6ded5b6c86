//! Queries with resolved aggregates.

use std::fmt;

use obs_rules::query::{Input, Query, Sample, Source, Values};

use crate::{
    AlertRule, Custom, Naming,
    history::{Aggregate, AggregateId, History, InvalidPattern},
    promql::{LONGEST_REACH, Selector, Window},
    time::millis,
};

/// The resolved queries of a rule.
#[derive(Debug)]
pub(crate) struct Plan {
    test: Test,
    /// Whether each series has an alert of its own.
    has_series: bool,
    aggregates: Vec<AggregateId>,
}

#[derive(Debug)]
enum Test {
    Query {
        fires: Query<Read>,
        /// The query that decides while the alert is firing.
        clear: Option<Query<Read>>,
    },
    Closure(Custom),
}

/// A function of an aggregate; windows and offsets are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Read {
    Growth {
        id: AggregateId,
        window: i64,
        offset: i64,
        is_zero_filled: bool,
    },
    Quantile {
        id: AggregateId,
        quantile: f64,
        window: i64,
    },
    Series(AggregateId),
}

/// A query that the history can evaluate, and the aggregates that it uses.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) query: Query<Read>,
    pub(crate) aggregates: Vec<AggregateId>,
}

/// Why a query can't be evaluated in the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Pattern(InvalidPattern),
    TooLong(Window),
    /// A kind of input that this version does not support.
    Unsupported(String),
}

// === impl Plan ===

impl Plan {
    /// Resolves the aggregates of a rule, and starts their use.
    pub(crate) fn new(rule: &AlertRule, naming: &Naming, history: &mut History) -> Result<Self, Failure> {
        let unsupported = || Failure::Unsupported(format!("{:?}", rule.condition()));
        let Some(query) = rule.query(naming) else {
            let closure = rule.condition().closure().ok_or_else(unsupported)?.clone();
            return Ok(Self {
                test: Test::Closure(closure),
                has_series: false,
                aggregates: Vec::new(),
            });
        };
        let has_series = query.has_series();
        let Resolved {
            query: fires,
            mut aggregates,
        } = Resolved::new(&query, history)?;
        let clear = match rule
            .clear_query(naming)
            .map(|clear| Resolved::new(&clear, history))
            .transpose()
        {
            Ok(clear) => clear,
            Err(failure) => {
                history.release_all(aggregates);
                return Err(failure);
            }
        };
        let clear = clear.map(|clear| {
            aggregates.extend(clear.aggregates);
            clear.query
        });
        Ok(Self {
            test: Test::Query { fires, clear },
            has_series,
            aggregates,
        })
    }

    /// The rule was removed.
    pub(crate) fn release(&mut self, history: &mut History) {
        history.release_all(self.aggregates.drain(..));
    }

    /// Whether each series has an alert of its own.
    pub(crate) const fn has_series(&self) -> bool {
        self.has_series
    }

    /// The closure, if the condition is one.
    pub(crate) const fn closure(&self) -> Option<&Custom> {
        match &self.test {
            Test::Closure(closure) => Some(closure),
            Test::Query { .. } => None,
        }
    }

    /// The current values; none for a closure, which is called elsewhere.
    pub(crate) fn values<'a>(&self, history: &'a History) -> Values<'a> {
        match &self.test {
            Test::Query { fires, .. } => fires.eval(history),
            Test::Closure(_) => Values::none(),
        }
    }

    /// The current values of the query with the clear threshold; none without one.
    pub(crate) fn clear_values<'a>(&self, history: &'a History) -> Values<'a> {
        match &self.test {
            Test::Query { clear: Some(clear), .. } => clear.eval(history),
            _ => Values::none(),
        }
    }
}

/// The key of a value's series, which identifies its alert; 0 without a series.
pub(crate) fn key(sample: &Sample<'_>) -> u128 {
    sample.series.map_or(0, |series| series.key)
}

// === impl Resolved ===

impl Resolved {
    /// Resolves the aggregates of a query, and starts their use for its windows. If one fails, the use of all ends.
    pub(crate) fn new(query: &Query, history: &mut History) -> Result<Self, Failure> {
        let mut aggregates = Vec::new();
        let resolved = query.try_map(&mut |input| {
            let (aggregate, reach) = wanted(input)?;
            let id = history.keep(aggregate, reach).map_err(Failure::Pattern)?;
            aggregates.push(id);
            read(input, id)
        });
        match resolved {
            Ok(query) => Ok(Self { query, aggregates }),
            Err(failure) => {
                history.release_all(aggregates);
                Err(failure)
            }
        }
    }
}

/// The aggregate of an input, and how far back it is read, in milliseconds.
fn wanted(input: &Input) -> Result<(Aggregate, i64), Failure> {
    let growth = |counters: &[Selector]| Aggregate::Growth(counters.to_vec());
    Ok(match input {
        Input::Growth(of) => (growth(of.counters.selectors()), reach(of.window, of.offset)?),
        Input::GrowthFromZero { counter, window, .. } => (growth(std::slice::from_ref(counter)), reach(*window, None)?),
        Input::Quantile { buckets, window, .. } => (Aggregate::Buckets(buckets.clone()), reach(*window, None)?),
        Input::Series(selector) => (Aggregate::Now(selector.clone()), 0),
        other => return Err(Failure::Unsupported(format!("{other:?}"))),
    })
}

fn read(input: &Input, id: AggregateId) -> Result<Read, Failure> {
    let millis = |window: Window| millis(window.duration());
    Ok(match input {
        Input::Growth(of) => Read::Growth {
            id,
            window: millis(of.window),
            offset: of.offset.map_or(0, millis),
            is_zero_filled: of.is_zero_filled(),
        },
        Input::GrowthFromZero { window, .. } => Read::Growth {
            id,
            window: millis(*window),
            offset: 0,
            is_zero_filled: true,
        },
        Input::Quantile { quantile, window, .. } => Read::Quantile {
            id,
            quantile: *quantile,
            window: millis(*window),
        },
        Input::Series(_) => Read::Series(id),
        other => return Err(Failure::Unsupported(format!("{other:?}"))),
    })
}

fn reach(window: Window, offset: Option<Window>) -> Result<i64, Failure> {
    let offset = offset.map_or(0, |offset| millis(offset.duration()));
    let reach = millis(window.duration()).saturating_add(offset);
    if reach > millis(LONGEST_REACH) {
        Err(Failure::TooLong(window))
    } else {
        Ok(reach)
    }
}

// === impl Read ===

impl Read {
    /// Over another window, which the aggregate reaches back for.
    pub(crate) const fn over(mut self, longer: i64) -> Self {
        match &mut self {
            Self::Growth { window, .. } | Self::Quantile { window, .. } => {
                *window = longer;
            }
            Self::Series(_) => {}
        }
        self
    }

    /// Another quantile.
    pub(crate) const fn at(mut self, other: f64) -> Self {
        if let Self::Quantile { quantile, .. } = &mut self {
            *quantile = other;
        }
        self
    }
}

// === impl History ===

impl Source<Read> for History {
    fn read(&self, read: &Read) -> Values<'_> {
        let value = match *read {
            Read::Growth {
                id,
                window,
                offset,
                is_zero_filled,
            } => self.growth(id, window, offset).or(is_zero_filled.then_some(0.0)),
            Read::Quantile { id, quantile, window } => self.quantile(id, quantile, window),
            Read::Series(id) => return Values::each(self.series(id)),
        };
        value.map_or_else(Values::none, Values::one)
    }
}

// === impl Failure ===

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(error) => error.fmt(f),
            Self::Unsupported(what) => write!(f, "{what} can't be evaluated in the process"),
            Self::TooLong(window) => {
                write!(
                    f,
                    "the process remembers 366 days, the window {window} with its offset reaches back further"
                )
            }
        }
    }
}
