//! Scenarios: series with which an alert fires or stays silent.

use std::{fmt, time::Duration};

use obs_conventions::names::label;
use obs_rules::{
    Comparison, Condition, Naming, Scope, Sli, Slo, Tally,
    definition::Service,
    promql::{Selector, Window},
};

use super::document::{STEP, example_series};

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

/// Requests per minute: far above any `min_requests`.
const BUSY: f64 = 6_000.0;
/// A rate compared to which [`BUSY`] is a hundredth.
const VERY_BUSY: f64 = 100.0 * BUSY;

// === impl Scenario ===

impl Scenario {
    /// Series with which the condition always holds, or never. A closure has none.
    pub(super) fn of(service: &Service, condition: &Condition, kind: Kind) -> Option<Self> {
        let naming = service.naming();
        let within = |selector: &Selector| naming.within_job(selector.clone());
        Some(match condition {
            Condition::ErrorRatio { scope, .. } | Condition::Availability { scope, .. } => {
                Self::requests(&naming, scope, kind)
            }
            Condition::Latency { scope, above, .. } => Self::at_once(durations(service, scope, *above, kind)),
            Condition::RateChange {
                scope,
                window,
                offset,
                comparison,
            } => rate_change(&naming.requests(scope), *window, *offset, (*comparison, kind)),
            Condition::Ratio {
                numerator,
                denominator,
                comparison,
                ..
            } => Self::at_once(ratio(
                &naming.tally_within_job(numerator),
                &naming.tally_within_job(denominator),
                (*comparison, kind),
            )),
            Condition::Gauge {
                selector,
                denominator,
                comparison,
            } => Self::at_once(gauge(
                &within(selector),
                denominator.as_ref().map(within),
                (*comparison, kind),
            )),
            Condition::Increase {
                selector,
                window,
                comparison,
            } => Self::at_once(increase(&naming, &within(selector), *window, (*comparison, kind))),
            Condition::Absence { selector } => Self::at_once(presence(&within(selector), kind)),
            Condition::BurnRate { slo, .. } => Self::of_slo(service, slo, kind),
            _ => return None,
        })
    }

    /// Series that have their effect from the beginning.
    fn at_once(series: Vec<(Selector, Samples)>) -> Self {
        Self {
            series,
            settled: Duration::ZERO,
        }
    }

    /// All requests fail, or none does: then there is no series of failed requests.
    fn requests(naming: &Naming, scope: &Scope, kind: Kind) -> Self {
        let tally = match kind {
            Kind::Fires => naming.errors(scope),
            Kind::StaysSilent => naming.counted(scope),
        };
        Self::at_once(
            tally
                .selectors()
                .iter()
                .take(1)
                .map(|selector| (example_series(selector), busy()))
                .collect(),
        )
    }

    /// All requests are bad for an SLO, or all are good.
    fn of_slo(service: &Service, slo: &Slo, kind: Kind) -> Self {
        match slo.sli() {
            Sli::Latency { .. } => {
                // Slower than the threshold of any SLO, so that one test covers all of them.
                let slowest = service
                    .duration_bounds()
                    .last()
                    .and_then(|last| Duration::try_from_secs_f64(*last).ok());
                Self::at_once(durations(service, slo.requests(), slowest.unwrap_or_default(), kind))
            }
            _ => Self::requests(&service.naming(), slo.requests(), kind),
        }
        .times(VERY_BUSY / BUSY)
    }

    /// The same with more traffic: rules that are evaluated less often see only a part of
    /// it.
    fn times(mut self, factor: f64) -> Self {
        for (_, samples) in &mut self.series {
            *samples = samples.clone().times(factor);
        }
        self
    }
}

/// A counter of many requests.
fn busy() -> Samples {
    Samples::growing(0.0, BUSY)
}

/// All requests take longer than `threshold`, or all are fast. The buckets are those of the
/// service.
fn durations(service: &Service, scope: &Scope, threshold: Duration, kind: Kind) -> Vec<(Selector, Samples)> {
    let naming = service.naming();
    let bounds = service.duration_bounds();
    // The quantile is interpolated within a bucket: use one that begins at the threshold or above.
    let beginning = match kind {
        Kind::Fires => bounds.iter().copied().find(|bound| *bound >= threshold.as_secs_f64()),
        Kind::StaysSilent => None,
    };
    let buckets = example_series(&naming.duration_buckets(scope));
    let count = (example_series(&naming.duration_count(scope)), busy());
    let spelled = bounds
        .iter()
        .map(|bound| (*bound, format!("{bound:?}")))
        .chain([(f64::INFINITY, "+Inf".to_owned())]);
    spelled
        .map(|(bound, le)| {
            let is_above = beginning.is_none_or(|beginning| bound > beginning);
            (
                buckets.clone().with(label::LE, &le),
                if is_above { busy() } else { Samples::constant(0.0) },
            )
        })
        .chain([count])
        .collect()
}

/// Traffic that changes so much that the comparison holds, or does not.
fn rate_change(requests: &Tally, window: Window, offset: Window, meant: (Comparison, Kind)) -> Scenario {
    let factor = match meant.0.threshold() {
        threshold if threshold > 0.0 => far(meant, threshold * 4.0, threshold / 4.0),
        _ => far(meant, 2.0, 0.0),
    };
    let warm = window.duration() + offset.duration();
    let samples = if offset.duration() > LONG_OFFSET {
        Samples::changing(BUSY, minutes(warm), BUSY * factor)
    } else {
        // The change must last as long as the rule waits: by the same factor with every `offset`.
        let steady = factor.powf(1.0 / f64::from(minutes(offset.duration()).max(1)));
        Samples::accelerating(BUSY, steady, minutes(warm + window.duration() + LONG_OFFSET))
    };
    let series = requests
        .selectors()
        .iter()
        .take(1)
        .map(|selector| (example_series(selector), samples.clone()));
    Scenario {
        series: series.collect(),
        settled: warm + window.duration(),
    }
}

/// From this offset on, the earlier window is over before any rule has waited long enough.
const LONG_OFFSET: Duration = Duration::from_secs(2 * 3_600);

/// The duration in minutes, rounded up.
pub(super) fn minutes(span: Duration) -> u32 {
    u32::try_from(span.as_secs().div_ceil(STEP.as_secs())).unwrap_or(u32::MAX)
}

/// The numerator is nearly all of the denominator, or nothing of it.
fn ratio(numerator: &Tally, denominator: &Tally, meant: (Comparison, Kind)) -> Vec<(Selector, Samples)> {
    let mut series: Vec<(Selector, Samples)> = Vec::new();
    let growth = far(meant, VERY_BUSY, 0.0);
    let numerator = numerator
        .selectors()
        .iter()
        .map(|selector| (example_series(selector), Samples::growing(0.0, growth)));
    let denominator = denominator
        .selectors()
        .iter()
        .map(|selector| (example_series(selector), busy()));
    for (one, samples) in numerator.chain(denominator) {
        if series.iter().all(|(other, _)| *other != one) {
            series.push((one, samples));
        }
    }
    series
}

/// A gauge far above or below the threshold.
fn gauge(selector: &Selector, denominator: Option<Selector>, meant: (Comparison, Kind)) -> Vec<(Selector, Samples)> {
    const WHOLE: f64 = 1_000.0;
    let threshold = meant.0.threshold() * if denominator.is_some() { WHOLE } else { 1.0 };
    let value = far(
        meant,
        threshold + threshold.abs() / 8.0 + 1.0,
        threshold - threshold.abs() / 8.0 - 1.0,
    );
    let gauge = (example_series(selector), Samples::constant(value));
    let whole = denominator.map(|denominator| (example_series(&denominator), Samples::constant(WHOLE)));
    [gauge].into_iter().chain(whole).collect()
}

/// A counter that grows far more or less than the threshold.
fn increase(
    naming: &Naming,
    counter: &Selector,
    window: Window,
    meant: (Comparison, Kind),
) -> Vec<(Selector, Samples)> {
    let minutes = window.duration().as_secs_f64() / 60.0;
    let enough = (2.0 * meant.0.threshold() / minutes).ceil().max(0.0) + 1.0;
    let grows = Samples::growing(0.0, far(meant, enough, 0.0));
    vec![
        (example_series(counter), grows),
        (example_series(&naming.of("up")), Samples::constant(1.0)),
    ]
}

/// A series that is missing, or exists.
fn presence(selector: &Selector, kind: Kind) -> Vec<(Selector, Samples)> {
    match kind {
        Kind::Fires => Vec::new(),
        Kind::StaysSilent => vec![(example_series(selector), Samples::constant(1.0))],
    }
}

/// One of two values, far above and far below the threshold, depending on comparison and
/// expected result.
fn far((is, kind): (Comparison, Kind), above: f64, below: f64) -> f64 {
    match (is, kind) {
        (Comparison::Above(_), Kind::Fires) | (Comparison::Below(_), Kind::StaysSilent) => above,
        (Comparison::Above(_), Kind::StaysSilent) | (Comparison::Below(_), Kind::Fires) => below,
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

/// The values of a series, in phases of constant growth.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Samples {
    phases: Vec<Phase>,
}

/// A phase of constant growth.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Phase {
    start: f64,
    step: f64,
    /// Samples after the first one.
    steps: u32,
}

/// More minutes than any test has.
const FOREVER: u32 = 100_000;

// === impl Samples ===

impl Samples {
    /// A constant value.
    pub(super) fn constant(value: f64) -> Self {
        Self::growing(value, 0.0)
    }

    /// A counter that grows by `step` per minute, from `start` on.
    pub(super) fn growing(start: f64, step: f64) -> Self {
        Self::default().then(start, step, FOREVER)
    }

    /// A counter that grows by `before` per minute for some minutes, then by `after`.
    pub(super) fn changing(before: f64, minutes: u32, after: f64) -> Self {
        let reached = before * f64::from(minutes);
        Self::default()
            .then(0.0, before, minutes.saturating_sub(1))
            .then(reached, after, FOREVER)
    }

    /// A counter whose growth is multiplied by `factor` each minute, for some minutes.
    pub(super) fn accelerating(first: f64, factor: f64, minutes: u32) -> Self {
        let (mut value, mut step, mut samples) = (0.0, first, Self::default());
        for _ in 0..=minutes {
            samples = samples.then(value, 0.0, 0);
            value += step;
            step *= factor;
        }
        samples
    }

    /// Only the samples of the first minutes.
    pub(super) fn until(mut self, minutes: u32) -> Self {
        let mut left = minutes;
        self.phases.retain_mut(|phase| {
            phase.steps = phase.steps.min(left);
            let is_within = left > 0;
            left = left.saturating_sub(phase.steps + 1);
            is_within
        });
        self
    }

    /// The same with each value multiplied.
    pub(super) fn times(mut self, factor: f64) -> Self {
        for phase in &mut self.phases {
            phase.start *= factor;
            phase.step *= factor;
        }
        self
    }

    /// Appends a phase.
    fn then(mut self, start: f64, step: f64, steps: u32) -> Self {
        self.phases.push(Phase { start, step, steps });
        self
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, phase) in self.phases.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{phase}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, step, steps } = self;
        match steps {
            0 => write!(f, "{start}"),
            // Always with a step: `0x5` would be a hexadecimal number.
            _ => write!(f, "{start}{step:+}x{steps}"),
        }
    }
}
