//! What happens to a service so that an alert fires, or does not.

use std::{fmt, time::Duration};

use obs_conventions::names::label;
use obs_rules::{
    Comparison, Condition, Naming, Scope, Sli, Slo, Tally,
    definition::Service,
    promql::{Selector, Window},
};

use super::{document::STEP, example, samples::Samples};

/// What a test expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Fires,
    StaysSilent,
}

/// Series, and when what they tell has settled.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scenario {
    pub(super) series: Vec<(Selector, Samples)>,
    pub(super) settled: Duration,
}

/// Requests a minute: far above what any rule asks for at least.
const BUSY: f64 = 6_000.0;
/// A growth beside which [`BUSY`] is a hundredth.
const VERY_BUSY: f64 = 100.0 * BUSY;

// === impl Scenario ===

impl Scenario {
    /// Series with which the condition holds all the time, or never; a closure has none.
    pub(super) fn of(service: &Service, condition: &Condition, kind: Kind) -> Option<Self> {
        let naming = service.naming();
        let within = |selector: &Selector| naming.within_job(selector.clone());
        Some(match condition {
            Condition::ErrorRatio { scope, .. } | Condition::Availability { scope, .. } => {
                Self::requests(&naming, scope, kind)
            }
            Condition::Latency { scope, above, .. } => Self::at_once(durations(service, scope, *above, kind)),
            Condition::RateChange { scope, window, offset, is } => {
                rate_change(&naming.requests(scope), *window, *offset, (*is, kind))
            }
            Condition::Ratio { of, by, is, .. } => {
                Self::at_once(ratio(&naming.tally_within_job(of), &naming.tally_within_job(by), (*is, kind)))
            }
            Condition::Gauge { selector, by, is } => {
                Self::at_once(gauge(&within(selector), by.as_ref().map(within), (*is, kind)))
            }
            Condition::Increase { selector, window, is } => {
                Self::at_once(increase(&naming, &within(selector), *window, (*is, kind)))
            }
            Condition::Absence { selector } => Self::at_once(presence(&within(selector), kind)),
            Condition::BurnRate { slo, .. } => Self::of_slo(service, slo, kind),
            _ => return None,
        })
    }

    fn at_once(series: Vec<(Selector, Samples)>) -> Self {
        Self { series, settled: Duration::ZERO }
    }

    /// All fail, or none ever has: there is no failed series then.
    fn requests(naming: &Naming, scope: &Scope, kind: Kind) -> Self {
        let tally = match kind {
            Kind::Fires => naming.errors(scope),
            Kind::StaysSilent => naming.counted(scope),
        };
        Self::at_once(tally.selectors().iter().take(1).map(|selector| (example::series(selector), busy())).collect())
    }

    fn of_slo(service: &Service, slo: &Slo, kind: Kind) -> Self {
        match slo.sli() {
            Sli::Latency { .. } => {
                // Slower than all that is promised, so that one test is for all objectives.
                let slowest = service.duration_bounds().last().and_then(|last| Duration::try_from_secs_f64(*last).ok());
                Self::at_once(durations(service, slo.requests(), slowest.unwrap_or_default(), kind))
            }
            _ => Self::requests(&service.naming(), slo.requests(), kind),
        }
        .times(VERY_BUSY / BUSY)
    }

    /// With so many times the traffic: rules that are evaluated seldom see only some of it.
    fn times(mut self, factor: f64) -> Self {
        for (_, samples) in &mut self.series {
            *samples = samples.clone().times(factor);
        }
        self
    }
}

fn busy() -> Samples {
    Samples::growing(0.0, BUSY)
}

/// All requests take longer than `threshold`, or all are as quick as can be. The buckets are those
/// that the service has.
fn durations(service: &Service, scope: &Scope, threshold: Duration, kind: Kind) -> Vec<(Selector, Samples)> {
    let naming = service.naming();
    let bounds = service.duration_bounds();
    // The quantile is reckoned within a bucket: one that begins at the threshold or above.
    let beginning = match kind {
        Kind::Fires => bounds.iter().copied().find(|bound| *bound >= threshold.as_secs_f64()),
        Kind::StaysSilent => None,
    };
    let buckets = example::series(&naming.duration_buckets(scope));
    let count = (example::series(&naming.duration_count(scope)), busy());
    let spelled = bounds.iter().map(|bound| (*bound, format!("{bound:?}"))).chain([(f64::INFINITY, "+Inf".to_owned())]);
    spelled
        .map(|(bound, le)| {
            let is_above = beginning.is_none_or(|beginning| bound > beginning);
            (buckets.clone().with(label::LE, &le), if is_above { busy() } else { Samples::constant(0.0) })
        })
        .chain([count])
        .collect()
}

/// The traffic is multiplied by so much that the comparison holds, or does not.
fn rate_change(requests: &Tally, window: Window, offset: Window, meant: (Comparison, Kind)) -> Scenario {
    let factor = match meant.0.threshold() {
        threshold if threshold > 0.0 => far(meant, threshold * 4.0, threshold / 4.0),
        _ => far(meant, 2.0, 0.0),
    };
    let warm = window.duration() + offset.duration();
    let samples = if offset.duration() > LONG_OFFSET {
        Samples::changing(BUSY, minutes(warm), BUSY * factor)
    } else {
        // The change must go on for as long as the rule waits: as much with every `offset`.
        let steady = factor.powf(1.0 / f64::from(minutes(offset.duration()).max(1)));
        Samples::accelerating(BUSY, steady, minutes(warm + window.duration() + LONG_OFFSET))
    };
    let series = requests.selectors().iter().take(1).map(|selector| (example::series(selector), samples.clone()));
    Scenario { series: series.collect(), settled: warm + window.duration() }
}

/// From here on the window before is over before any rule has waited long enough.
const LONG_OFFSET: Duration = Duration::from_secs(2 * 3_600);

/// Steps of a minute, the last one whole.
pub(super) fn minutes(span: Duration) -> u32 {
    u32::try_from(span.as_secs().div_ceil(STEP.as_secs())).unwrap_or(u32::MAX)
}

/// The numerator is nearly all of the divisor, or nothing of it.
fn ratio(of: &Tally, by: &Tally, meant: (Comparison, Kind)) -> Vec<(Selector, Samples)> {
    let mut series: Vec<(Selector, Samples)> = Vec::new();
    let growth = far(meant, VERY_BUSY, 0.0);
    let of = of.selectors().iter().map(|selector| (example::series(selector), Samples::growing(0.0, growth)));
    let by = by.selectors().iter().map(|selector| (example::series(selector), busy()));
    for (one, samples) in of.chain(by) {
        if series.iter().all(|(other, _)| *other != one) {
            series.push((one, samples));
        }
    }
    series
}

fn gauge(selector: &Selector, by: Option<Selector>, meant: (Comparison, Kind)) -> Vec<(Selector, Samples)> {
    const WHOLE: f64 = 1_000.0;
    let threshold = meant.0.threshold() * if by.is_some() { WHOLE } else { 1.0 };
    let value = far(meant, threshold + threshold.abs() / 8.0 + 1.0, threshold - threshold.abs() / 8.0 - 1.0);
    let gauge = (example::series(selector), Samples::constant(value));
    let whole = by.map(|by| (example::series(&by), Samples::constant(WHOLE)));
    [gauge].into_iter().chain(whole).collect()
}

fn increase(
    naming: &Naming,
    counter: &Selector,
    window: Window,
    meant: (Comparison, Kind),
) -> Vec<(Selector, Samples)> {
    let minutes = window.duration().as_secs_f64() / 60.0;
    let enough = (2.0 * meant.0.threshold() / minutes).ceil().max(0.0) + 1.0;
    let grows = Samples::growing(0.0, far(meant, enough, 0.0));
    vec![(example::series(counter), grows), (example::series(&naming.of("up")), Samples::constant(1.0))]
}

fn presence(selector: &Selector, kind: Kind) -> Vec<(Selector, Samples)> {
    match kind {
        Kind::Fires => Vec::new(),
        Kind::StaysSilent => vec![(example::series(selector), Samples::constant(1.0))],
    }
}

/// The value that is meant, of one far above the threshold and one far below it.
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
