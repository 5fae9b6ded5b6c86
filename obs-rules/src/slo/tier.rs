//! The windows and factors of burn-rate alerts, for the window of any SLO.

use std::time::Duration;

use super::BurnRate;
use crate::{Severity, promql::Window};

/// An alert as it is for an SLO over 7 and over 30 days.
#[derive(Clone, Copy, Debug)]
struct Tier {
    severity: Severity,
    /// The long window.
    long: Duration,
    /// The share of a week's budget that the long window spends.
    of_week: f64,
    /// The same of a month's.
    of_month: f64,
}

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const WEEK: Duration = DAY.saturating_mul(7);
/// From here on the shares of a month's budget hold.
const FOUR_WEEKS: Duration = DAY.saturating_mul(28);
/// The window that the long windows of the tiers are for.
const MONTH: Duration = DAY.saturating_mul(30);
/// With a shorter window a single failure of a service with little traffic would be an alert.
const SHORTEST: Duration = HOUR;
/// The longest time that a condition must hold, however long the window is.
const LONGEST_HOLD: Duration = HOUR.saturating_mul(3);

const TIERS: [Tier; 4] = [
    Tier {
        severity: Severity::Critical,
        long: HOUR,
        of_week: 0.08,
        of_month: 0.02,
    },
    Tier {
        severity: Severity::Critical,
        long: HOUR.saturating_mul(6),
        of_week: 0.125,
        of_month: 0.05,
    },
    Tier {
        severity: Severity::Warning,
        long: DAY,
        of_week: 0.2,
        of_month: 0.1,
    },
    Tier {
        severity: Severity::Warning,
        long: DAY.saturating_mul(3),
        of_week: 0.42,
        of_month: 0.1,
    },
];

/// The burn rates that an SLO over `window` is watched for, the most urgent first.
pub(super) fn burn_rates(window: Window) -> Vec<BurnRate> {
    let mut found: Vec<BurnRate> = Vec::new();
    for burn in TIERS.map(|tier| tier.over(window.duration())) {
        match found.last_mut() {
            // Of two with the same window, the one with the lower factor fires whenever the other does.
            Some(other) if other.long == burn.long => {
                if burn.factor < other.factor {
                    *other = burn;
                }
            }
            _ => found.push(burn),
        }
    }
    found
}

// === impl Tier ===

impl Tier {
    fn over(self, period: Duration) -> BurnRate {
        let long = self.long_over(period);
        let factor = rounded(self.factor_over(period, long));
        BurnRate {
            severity: self.severity,
            long: Window::of(long),
            short: Window::of(long / 12),
            factor,
            budget: rounded(factor * ratio(long, period)),
            hold_for: Duration::from_secs(long.as_secs() / 24 / 60 * 60).min(LONGEST_HOLD),
        }
    }

    /// The long window: in proportion to the SLO's, but for SLOs over 7 to 28 days, whose windows are all alike.
    fn long_over(self, period: Duration) -> Duration {
        let wanted = match period {
            period if period >= FOUR_WEEKS => self.long.mul_f64(ratio(period, MONTH)),
            period if period >= WEEK => self.long,
            period => self.long.mul_f64(ratio(period, WEEK)),
        };
        spelled(wanted.max(SHORTEST))
    }

    fn factor_over(self, period: Duration, long: Duration) -> f64 {
        let of_share = |share: f64, period: Duration| share * ratio(period, long);
        if period >= FOUR_WEEKS {
            return of_share(self.of_month, period);
        }
        if period <= WEEK {
            return of_share(self.of_week, period);
        }
        let (week, month) = (of_share(self.of_week, WEEK), of_share(self.of_month, FOUR_WEEKS));
        week + (month - week) * ratio(period.saturating_sub(WEEK), FOUR_WEEKS.saturating_sub(WEEK))
    }
}

/// The next longer window that people can read: whole hours, from 6 hours on two, from a day on six, from
/// 3 days on days. A twelfth of it is in whole 5 minutes, over which rates are recorded.
fn spelled(window: Duration) -> Duration {
    let step = match window {
        window if window <= HOUR.saturating_mul(6) => HOUR,
        window if window <= DAY => HOUR.saturating_mul(2),
        window if window <= DAY.saturating_mul(3) => HOUR.saturating_mul(6),
        _ => DAY,
    };
    // A millisecond above is the noise of binary fractions.
    let steps = window.saturating_sub(Duration::from_millis(1)).as_secs() / step.as_secs() + 1;
    Duration::from_secs(steps * step.as_secs())
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// Without the noise of binary fractions.
fn rounded(value: f64) -> f64 {
    const PLACES: f64 = 1e10;
    (value * PLACES).round() / PLACES
}
