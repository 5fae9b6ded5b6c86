//! Scenarios: series with which an alert fires or stays silent, derived from the query of its condition.

use std::{fmt, time::Duration};

use obs_conventions::names::label;
use obs_rules::{
    Condition,
    definition::Service,
    promql::Selector,
    query::{Growth, Input, Operator, Query, Relation},
};

use super::{
    document::STEP,
    example::{example_series, matches},
    samples::Samples,
};

/// The expected result of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The alert fires.
    Fires,
    /// The alert does not fire.
    StaysSilent,
}

/// Series, and how long they take to have their effect.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scenario {
    pub(super) series: Vec<(Selector, Samples)>,
    pub(super) settled: Duration,
}

/// Where a value is to be: far above or far below a threshold.
#[derive(Clone, Copy, Debug)]
struct Goal {
    threshold: f64,
    is_above: bool,
}

/// Requests per minute: far above any `min_requests`.
const BUSY: f64 = 6_000.0;
/// A rate compared to which [`BUSY`] is a hundredth.
const VERY_BUSY: f64 = 100.0 * BUSY;
/// The value of a gauge that others are compared with.
const WHOLE: f64 = 1_000.0;
/// From this offset on, the earlier window is over before any rule has waited long enough.
const LONG_OFFSET: Duration = Duration::from_secs(2 * 3_600);

/// The duration in minutes, rounded up.
pub(super) fn minutes(span: Duration) -> u32 {
    u32::try_from(span.as_secs().div_ceil(STEP.as_secs())).unwrap_or(u32::MAX)
}

// === impl Scenario ===

impl Scenario {
    /// Series with which the condition always holds, or never. A closure has none.
    pub(super) fn of(service: &Service, condition: &Condition, kind: Kind) -> Option<Self> {
        let mut scenario = Self {
            series: Vec::new(),
            settled: Duration::ZERO,
        };
        scenario.decide(service, &condition.query(&service.naming())?, kind)?;
        if condition.burn_rate().is_some() {
            // Rules that are evaluated less often see only a part of the traffic.
            for (_, samples) in &mut scenario.series {
                *samples = samples.clone().times(VERY_BUSY / BUSY);
            }
        }
        Some(scenario)
    }

    /// Adds the series with which a query holds, or does not; `None` if it is of an unknown form.
    fn decide(&mut self, service: &Service, query: &Query, kind: Kind) -> Option<()> {
        match query {
            Query::And(left, right) => {
                self.decide(service, left, kind)?;
                self.decide(service, right, kind)
            }
            Query::Absent(input) => {
                if kind == Kind::StaysSilent {
                    self.add_each(input.selectors(), &Samples::constant(1.0));
                }
                Some(())
            }
            Query::Test(value, relation, threshold) => {
                let threshold = self.fix(threshold)?;
                let is_above = (kind == Kind::Fires) != (*relation == Relation::Below);
                self.reach(service, value, Goal { threshold, is_above })
            }
            _ => None,
        }
    }

    /// Adds the series of a threshold, and returns the value that it has with them.
    fn fix(&mut self, query: &Query) -> Option<f64> {
        match query {
            Query::Number(number) => Some(*number),
            Query::Read(Input::Series(gauge)) => {
                self.add(example_series(gauge), Samples::constant(WHOLE));
                Some(WHOLE)
            }
            Query::Filter(of, ..) | Query::OrZero(of) => self.fix(of),
            Query::Binary(left, operator, right) => Some(operator.apply(self.fix(left)?, self.fix(right)?)),
            _ => None,
        }
    }

    /// Adds series with which a query has a value on the side of the goal.
    fn reach(&mut self, service: &Service, query: &Query, goal: Goal) -> Option<()> {
        match query {
            Query::Filter(of, ..) | Query::OrZero(of) => self.reach(service, of, goal)?,
            Query::Binary(left, Operator::Subtract, right) => {
                let threshold = self.fix(left)? - goal.threshold;
                let is_above = !goal.is_above;
                self.reach(service, right, Goal { threshold, is_above })?;
            }
            Query::Read(Input::Series(gauge)) => {
                let distance = goal.threshold.abs() / 8.0 + 1.0;
                let value = goal.choose(goal.threshold + distance, goal.threshold - distance);
                self.add(example_series(gauge), Samples::constant(value));
            }
            Query::Read(Input::GrowthFromZero { counter, window, up }) => {
                let minutes = window.duration().as_secs_f64() / 60.0;
                let enough = (2.0 * goal.threshold / minutes).ceil().max(0.0) + 1.0;
                self.add(example_series(counter), Samples::growing(0.0, goal.choose(enough, 0.0)));
                self.add(example_series(up), Samples::constant(1.0));
            }
            Query::Read(Input::Quantile { buckets, .. }) => {
                self.durations(service, buckets, goal);
                self.add_each(query.traffic()?.counters.selectors(), &busy());
            }
            Query::Ratio {
                numerator: Input::Growth(numerator),
                denominator: Input::Growth(denominator),
                is_zero_filled,
            } => match denominator.offset {
                Some(offset) => self.rate_change(numerator, offset.duration(), goal),
                None => self.ratio((numerator, *is_zero_filled), denominator, goal),
            },
            _ => return None,
        }
        Some(())
    }

    /// All requests take longer than the threshold, or all are fast. The buckets are those of the service.
    fn durations(&mut self, service: &Service, buckets: &Selector, goal: Goal) {
        let bounds = service.duration_bounds();
        // The quantile is interpolated within a bucket: use one that begins at the threshold or above.
        let mut beginnings = bounds.iter().copied().filter(|bound| *bound >= goal.threshold);
        let beginning = beginnings.next().filter(|_| goal.is_above);
        let buckets = example_series(buckets);
        let labels = bounds.iter().map(|bound| (*bound, format!("{bound:?}")));
        for (bound, le) in labels.chain([(f64::INFINITY, "+Inf".to_owned())]) {
            let is_filled = beginning.is_none_or(|beginning| bound > beginning);
            let samples = if is_filled { busy() } else { Samples::constant(0.0) };
            self.add(buckets.clone().with(label::LE, &le), samples);
        }
    }

    /// The numerator is all of the denominator, or more if the threshold is above 1; or nothing of it.
    fn ratio(&mut self, (numerator, is_zero_filled): (&Growth, bool), denominator: &Growth, goal: Goal) {
        let (numerator, denominator) = (numerator.counters.selectors(), denominator.counters.selectors());
        let is_in =
            |selectors: &[Selector], series: &Selector| selectors.iter().any(|selector| matches(selector, series));
        let parts: Vec<_> = numerator.iter().map(example_series).collect();
        let is_share = parts.iter().any(|part| is_in(denominator, part));
        let all = if is_share || goal.threshold < 1.0 {
            BUSY
        } else {
            VERY_BUSY
        };
        // Without a series of its own, a numerator that is filled with zeros is none of the denominator.
        if goal.is_above || !is_share || !is_zero_filled {
            for part in parts {
                self.add(part, Samples::growing(0.0, goal.choose(all, 0.0)));
            }
        }
        // What else is counted would lower the share.
        if goal.is_above && is_share {
            return;
        }
        for other in denominator.iter().map(example_series) {
            if !is_in(numerator, &other) {
                self.add(other, busy());
            }
        }
    }

    /// Traffic that changes so much that the comparison holds, or does not.
    fn rate_change(&mut self, requests: &Growth, offset: Duration, goal: Goal) {
        let window = requests.window.duration();
        let factor = match goal.threshold {
            threshold if threshold > 0.0 => goal.choose(threshold * 4.0, threshold / 4.0),
            _ => goal.choose(2.0, 0.0),
        };
        let warm = window + offset;
        let samples = if offset > LONG_OFFSET {
            Samples::changing(BUSY, minutes(warm), BUSY * factor)
        } else {
            // The change must last as long as the rule waits: by the same factor with every `offset`.
            let steady = factor.powf(1.0 / f64::from(minutes(offset).max(1)));
            Samples::accelerating(BUSY, steady, minutes(warm + window + LONG_OFFSET))
        };
        self.add_each(requests.counters.selectors(), &samples);
        self.settled = warm + window;
    }

    /// A series for each of the selectors.
    fn add_each(&mut self, selectors: &[Selector], samples: &Samples) {
        for selector in selectors {
            self.add(example_series(selector), samples.clone());
        }
    }

    /// Adds a series, unless it has its values already.
    fn add(&mut self, series: Selector, samples: Samples) {
        if self.series.iter().all(|(other, _)| *other != series) {
            self.series.push((series, samples));
        }
    }
}

/// A counter of many requests.
fn busy() -> Samples {
    Samples::growing(0.0, BUSY)
}

// === impl Goal ===

impl Goal {
    /// The one of two values that is on the side of the goal.
    const fn choose(self, above: f64, below: f64) -> f64 {
        if self.is_above { above } else { below }
    }
}

// === impl Kind ===

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fires => "fires",
            Self::StaysSilent => "stays silent",
        })
    }
}
