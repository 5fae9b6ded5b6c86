//! What a plan reads.

use super::plan::{Plan, Ratio, Value};
use crate::{
    Comparison,
    history::{History, Now},
};

/// What the history says of a condition.
#[derive(Debug)]
pub(crate) enum Measured<'a> {
    /// Nothing is known.
    NoData,
    /// There is one value.
    One(Reading),
    /// Each series has its own.
    Each(Vec<(&'a Now, Reading)>),
}

/// A value, and what it means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    /// What an alert tells.
    pub(crate) value: f64,
    /// What is compared: the least convincing of several.
    pub(crate) compared: f64,
    /// Enough requests stand behind it.
    pub(crate) has_weight: bool,
}

// === impl Plan ===

impl Plan {
    /// What is known now. A closure is asked elsewhere.
    pub(crate) fn measure<'a>(&self, history: &'a History) -> Measured<'a> {
        let one = match &self.value {
            Value::Ratio(ratio) => ratio.read(history).map(same),
            Value::Complement(ratio) => ratio.read(history).map(|ratio| same(1.0 - ratio)),
            Value::Quantile { buckets, quantile, window } => history.quantile(*buckets, *quantile, *window).map(same),
            Value::Change { requests, window, before } => {
                let earlier = history.growth(*requests, *window, *before).filter(|earlier| *earlier > 0.0);
                earlier.map(|earlier| same(history.growth(*requests, *window, 0).unwrap_or(0.0) / earlier))
            }
            Value::Increase { counter, window } => Some(same(history.growth(*counter, *window, 0).unwrap_or(0.0))),
            Value::Gauge { gauge, by } => {
                return measure_gauges(history.series(*gauge), by.map(|by| history.series(by)));
            }
            Value::Absence(series) => Some(same(if history.series(*series).is_empty() { 1.0 } else { 0.0 })),
            Value::Burn { long, short } => {
                let both = long.read(history).zip(short.read(history));
                both.map(|(long, short)| (long, long.min(short)))
            }
            Value::Custom(_) => None,
        };
        match one {
            Some((value, compared)) => Measured::One(Reading { value, compared, has_weight: self.has_weight(history) }),
            None => Measured::NoData,
        }
    }

    /// Whether the condition holds; a clear threshold takes the place of the condition's own.
    pub(crate) fn holds(&self, reading: Reading, clear: Option<f64>) -> bool {
        let is = match (self.is, clear) {
            (Some(is), Some(clear)) => is.with_threshold(clear),
            (Some(is), None) => is,
            // Absence: 1 if it is so.
            (None, _) => Comparison::Above(0.5),
        };
        reading.has_weight && is.holds(reading.compared)
    }

    fn has_weight(&self, history: &History) -> bool {
        self.traffic.is_none_or(|traffic| {
            let seen = history.growth(traffic.requests, traffic.window, traffic.before);
            seen.unwrap_or(0.0) >= traffic.at_least
        })
    }
}

fn measure_gauges<'a>(gauges: &'a [Now], by: Option<&'a [Now]>) -> Measured<'a> {
    let read = |now: &'a Now| {
        let compared = match by {
            None => now.value,
            Some(by) => {
                let divisor = by.iter().find(|other| other.key == now.key)?.value;
                (divisor > 0.0).then_some(now.value / divisor)?
            }
        };
        Some((now, Reading { value: now.value, compared, has_weight: true }))
    };
    let readings: Vec<_> = gauges.iter().filter_map(read).collect();
    if readings.is_empty() { Measured::NoData } else { Measured::Each(readings) }
}

const fn same(value: f64) -> (f64, f64) {
    (value, value)
}

// === impl Ratio ===

impl Ratio {
    /// No bad request yet is 0, no request at all nothing.
    pub(crate) fn read(&self, history: &History) -> Option<f64> {
        let all = history.growth(self.by, self.window, 0).filter(|all| *all > 0.0)?;
        let some = history.growth(self.of, self.window, 0);
        if self.is_good { Some(1.0 - (some? / all).min(1.0)) } else { Some(some.unwrap_or(0.0) / all) }
    }
}
