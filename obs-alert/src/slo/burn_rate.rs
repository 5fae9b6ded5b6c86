//! How fast an error budget may be spent.

use std::time::Duration;

use super::Slo;
use crate::{Severity, promql::Window};

/// How fast an error budget may be spent before somebody is told: an alert of the four of the
/// [SRE workbook](https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct BurnRate {
    /// Page or ticket.
    pub severity: Severity,
    /// The window that tells how much was spent.
    pub long: Window,
    /// The window that tells that it goes on, a twelfth of the long one.
    pub short: Window,
    /// How many times faster than what would spend the budget exactly within the SLO's window.
    pub factor: f64,
    /// The share of the budget that the long window spends at this factor, 0 to 1.
    pub budget: f64,
    /// How long both must hold.
    pub hold_for: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// From here on the shares of a month's budget hold, below those of a week's: with a month's, the
/// slowest alert of a week would be slower than the budget allows anyway.
const MONTH: Duration = Duration::from_secs(28 * 86_400);

/// The four alerts: severity, long window, short window, `for`, share of a month's and of a week's budget.
const ALERTS: [(Severity, Duration, Duration, Duration, f64, f64); 4] = [
    (Severity::Critical, HOUR, minutes(5), minutes(2), 0.02, 0.08),
    (Severity::Critical, hours(6), minutes(30), minutes(15), 0.05, 0.125),
    (Severity::Warning, DAY, hours(2), minutes(60), 0.1, 0.2),
    (Severity::Warning, hours(72), hours(6), minutes(180), 0.1, 0.42),
];

// === impl Slo ===

impl Slo {
    /// The four alerts on how fast its budget is spent, the most urgent first. Over 30 days they are those
    /// of the SRE workbook, with 1, 6, 24 and 72 hours and the factors 14.4, 6, 3 and 1; over other windows
    /// the factor is the share of the budget × the SLO's window / the long window.
    ///
    /// ```
    /// use std::time::Duration;
    /// use obs_alert::{Sli, Slo, promql::Window};
    ///
    /// let month = Window::new(Duration::from_secs(30 * 86_400))?;
    /// let slo = Slo::new("availability", 0.999, month, Sli::Availability);
    /// let factors: Vec<f64> = slo.burn_rates().iter().map(|burn| burn.factor).collect();
    /// assert_eq!(factors, [14.4, 6.0, 3.0, 1.0]);
    /// # Ok::<(), obs_alert::promql::BadWindow>(())
    /// ```
    #[must_use]
    pub fn burn_rates(&self) -> Vec<BurnRate> {
        let period = self.window().duration();
        let alerts = ALERTS.into_iter().map(|(severity, long, short, hold_for, of_month, of_week)| {
            let budget = if period >= MONTH { of_month } else { of_week };
            let factor = rounded(budget * period.as_secs_f64() / long.as_secs_f64());
            BurnRate { severity, long: Window::of(long), short: Window::of(short), factor, budget, hold_for }
        });
        alerts.collect()
    }

    /// The error ratio above which the budget is spent that fast.
    #[must_use]
    pub fn threshold(&self, burn: &BurnRate) -> f64 {
        rounded(burn.factor * (1.0 - self.objective()))
    }
}

// === impl BurnRate ===

impl BurnRate {
    /// How long the whole budget of an SLO over `window` lasts at this rate; [`Duration::MAX`] if it is never
    /// used up.
    #[must_use]
    pub fn exhaustion(&self, window: Window) -> Duration {
        let seconds = window.duration().as_secs_f64() / self.factor;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

const fn minutes(count: u32) -> Duration {
    MINUTE.saturating_mul(count)
}

const fn hours(count: u32) -> Duration {
    HOUR.saturating_mul(count)
}

/// Without the noise of binary fractions: 14.4 × (1 − 0.999) is 0.0144.
fn rounded(value: f64) -> f64 {
    const PLACES: f64 = 1e10;
    (value * PLACES).round() / PLACES
}
