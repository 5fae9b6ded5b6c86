//! A condition whose aggregates have been found.

use std::time::Duration;

use crate::{
    AlertRule, Comparison, Condition, Custom, Naming, Sli, Slo, Tally,
    history::{Ask, AskId, BadPattern, History},
    promql::{LONGEST_REACH, Selector, Window},
    time::millis,
};

/// What a rule reads at each evaluation.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(super) value: Value,
    pub(super) is: Option<Comparison>,
    pub(super) traffic: Option<Traffic>,
    asks: Vec<AskId>,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Growth by growth.
    Ratio(Ratio),
    /// 1 − the ratio.
    Complement(Ratio),
    Quantile {
        buckets: AskId,
        quantile: f64,
        window: i64,
    },
    /// Growth by growth of the same a while ago.
    Change {
        requests: AskId,
        window: i64,
        before: i64,
    },
    Increase {
        counter: AskId,
        window: i64,
    },
    Gauge {
        gauge: AskId,
        by: Option<AskId>,
    },
    Absence(AskId),
    Burn {
        long: Ratio,
        short: Ratio,
    },
    Custom(Custom),
}

/// Some requests by all of them, over a window of milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    pub(super) of: AskId,
    pub(super) by: AskId,
    pub(super) window: i64,
    /// `of` are the good ones: what is meant are the others.
    pub(super) is_good: bool,
}

/// The requests that must be many enough.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traffic {
    pub(super) requests: AskId,
    pub(super) window: i64,
    pub(super) before: i64,
    pub(super) at_least: f64,
}

/// Why a condition can't be evaluated in the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Pattern(BadPattern),
    TooLong(Window),
    /// A kind that this version does not evaluate, and what it is.
    Unsupported(String),
}

/// Gathers what a plan keeps in the history, and gives it back if something is wrong.
pub(crate) struct Planner<'a> {
    history: &'a mut History,
    naming: &'a Naming,
    asks: Vec<AskId>,
}

// === impl Plan ===

impl Plan {
    /// Finds the aggregates of a rule, and keeps them.
    pub(crate) fn new(rule: &AlertRule, naming: &Naming, history: &mut History) -> Result<Self, Failure> {
        let mut planner = Planner { history, naming, asks: Vec::new() };
        match planner.plan(rule) {
            Ok((value, traffic)) => Ok(Self { value, is: rule.condition().comparison(), traffic, asks: planner.asks }),
            Err(failure) => {
                planner.release();
                Err(failure)
            }
        }
    }

    /// The rule has gone.
    pub(crate) fn release(&mut self, history: &mut History) {
        self.asks.drain(..).for_each(|id| history.release(id));
    }

    /// Whether each series has an alert of its own.
    pub(crate) const fn has_series(&self) -> bool {
        matches!(self.value, Value::Gauge { .. })
    }

    /// The closure, if the condition is one.
    pub(crate) const fn custom(&self) -> Option<&Custom> {
        match &self.value {
            Value::Custom(custom) => Some(custom),
            _ => None,
        }
    }
}

// === impl Ratio ===

impl Ratio {
    /// The bad requests of an objective, over some windows, by those that count; and what is kept for it.
    pub(crate) fn of_slo<const N: usize>(
        slo: &Slo,
        windows: [Window; N],
        naming: &Naming,
        history: &mut History,
    ) -> Result<[Self; N], Failure> {
        let mut planner = Planner { history, naming, asks: Vec::new() };
        let mut ratios = Vec::new();
        for window in windows {
            match planner.slo(slo, window) {
                Ok(ratio) => ratios.push(ratio),
                Err(failure) => {
                    planner.release();
                    return Err(failure);
                }
            }
        }
        ratios.try_into().map_err(|_| Failure::TooLong(slo.window()))
    }

    /// Over another window.
    pub(crate) fn over(self, window: Duration) -> Self {
        Self { window: millis(window), ..self }
    }

    pub(crate) const fn asks(&self) -> [AskId; 2] {
        [self.of, self.by]
    }
}

// === impl Planner ===

impl Planner<'_> {
    fn release(self) {
        self.asks.into_iter().for_each(|id| self.history.release(id));
    }

    fn plan(&mut self, rule: &AlertRule) -> Result<(Value, Option<Traffic>), Failure> {
        let value = self.value(rule.condition())?;
        let traffic = rule.condition().traffic(self.naming).filter(|_| rule.requests_at_least() > 0.0);
        let traffic = match traffic {
            Some(traffic) => {
                let before = traffic.before.map_or(0, |before| millis(before.duration()));
                let requests = self.growth(&traffic.requests, traffic.window, before)?;
                let window = millis(traffic.window.duration());
                Some(Traffic { requests, window, before, at_least: rule.requests_at_least() })
            }
            None => None,
        };
        Ok((value, traffic))
    }

    fn value(&mut self, condition: &Condition) -> Result<Value, Failure> {
        let naming = self.naming;
        Ok(match condition {
            Condition::ErrorRatio { scope, window, .. } => {
                Value::Ratio(self.ratio(&naming.errors(scope), &naming.counted(scope), *window)?)
            }
            Condition::Availability { scope, window, .. } => {
                Value::Complement(self.ratio(&naming.errors(scope), &naming.counted(scope), *window)?)
            }
            Condition::Ratio { of, by, window, .. } => {
                Value::Ratio(self.ratio(&naming.tally_within_job(of), &naming.tally_within_job(by), *window)?)
            }
            Condition::Latency { scope, window, quantile, .. } => {
                let reach = reach(*window, 0)?;
                let buckets = self.keep(Ask::Buckets(naming.duration_buckets(scope)), reach)?;
                Value::Quantile { buckets, quantile: *quantile, window: reach }
            }
            Condition::RateChange { scope, window, offset, .. } => {
                let before = millis(offset.duration());
                let requests = self.growth(&naming.requests(scope), *window, before)?;
                Value::Change { requests, window: millis(window.duration()), before }
            }
            Condition::Increase { selector, window, .. } => {
                let counter = self.growth(&Tally::new(vec![naming.within_job(selector.clone())]), *window, 0)?;
                Value::Increase { counter, window: millis(window.duration()) }
            }
            Condition::Gauge { selector, by, .. } => {
                let gauge = self.now(selector)?;
                let by = by.as_ref().map(|by| self.now(by)).transpose()?;
                Value::Gauge { gauge, by }
            }
            Condition::Absence { selector } => Value::Absence(self.now(selector)?),
            Condition::BurnRate { slo, burn } => {
                Value::Burn { long: self.slo(slo, burn.long)?, short: self.slo(slo, burn.short)? }
            }
            Condition::Custom(custom) => Value::Custom(custom.clone()),
            other => return Err(Failure::Unsupported(format!("{other:?}"))),
        })
    }

    fn slo(&mut self, slo: &Slo, window: Window) -> Result<Ratio, Failure> {
        match slo.sli() {
            Sli::Availability => {
                self.ratio(&self.naming.errors(slo.requests()), &self.naming.counted(slo.requests()), window)
            }
            Sli::Latency { threshold } => {
                let quick = Tally::new(vec![self.naming.duration_within(slo.requests(), threshold)]);
                let ratio = self.ratio(&quick, &slo.counted(self.naming), window)?;
                Ok(Ratio { is_good: true, ..ratio })
            }
            other => Err(Failure::Unsupported(format!("{other:?}"))),
        }
    }

    fn ratio(&mut self, of: &Tally, by: &Tally, window: Window) -> Result<Ratio, Failure> {
        let (of, by) = (self.growth(of, window, 0)?, self.growth(by, window, 0)?);
        Ok(Ratio { of, by, window: millis(window.duration()), is_good: false })
    }

    fn growth(&mut self, tally: &Tally, window: Window, before: i64) -> Result<AskId, Failure> {
        self.keep(Ask::Growth(tally.selectors().to_vec()), reach(window, before)?)
    }

    fn now(&mut self, selector: &Selector) -> Result<AskId, Failure> {
        self.keep(Ask::Now(self.naming.within_job(selector.clone())), 0)
    }

    fn keep(&mut self, ask: Ask, reach: i64) -> Result<AskId, Failure> {
        let id = self.history.keep(ask, reach).map_err(Failure::Pattern)?;
        self.asks.push(id);
        Ok(id)
    }
}

fn reach(window: Window, before: i64) -> Result<i64, Failure> {
    let reach = millis(window.duration()).saturating_add(before);
    if reach > millis(LONGEST_REACH) { Err(Failure::TooLong(window)) } else { Ok(reach) }
}

// === impl Failure ===

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pattern(error) => error.fmt(f),
            Self::Unsupported(what) => write!(f, "{what} can't be evaluated in the process"),
            Self::TooLong(window) => {
                write!(f, "the process remembers 366 days, the window {window} with its offset reaches back further")
            }
        }
    }
}
