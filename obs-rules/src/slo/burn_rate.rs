//! How fast an error budget may be spent.

use std::time::Duration;

use super::{Slo, tier};
use crate::{Severity, promql::Window};

/// How fast an error budget may be spent before an alert fires, as in the
/// [SRE workbook](https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct BurnRate {
    /// Page or ticket.
    pub severity: Severity,
    /// The window over which the spent budget is significant.
    pub long: Window,
    /// The window over which the budget is still being spent, a twelfth of the long one.
    pub short: Window,
    /// How many times faster than what would spend the budget exactly within the SLO's window.
    pub factor: f64,
    /// The share of the budget that the long window spends at this factor, 0 to 1.
    pub budget: f64,
    /// How long both must hold.
    pub hold_for: Duration,
}

// === impl Slo ===

impl Slo {
    /// The alerts on how fast its budget is spent, the most urgent first: four, without those that could never
    /// fire because not even all requests failing is that fast ([`out_of_reach`](Self::out_of_reach)).
    ///
    /// Over 30 days they are those of the SRE workbook, with 1, 6, 24 and 72 hours and the factors 14.4, 6, 3 and 1.0.
    /// Over more, their windows grow with the SLO's, up to 37 days. Over 7 days the windows are the same, and the
    /// factors 13.44, 3.5, 1.4 and 0.98; over 7 to 28 days the factors lie between these and those of 28 days; over
    /// less the windows shrink, to an hour at least. The slowest factor is between 0.7 and 1 for every window: what
    /// empties the budget within the window fires, what spends half of it does not.
    ///
    /// ```
    /// use std::time::Duration;
    /// use obs_rules::{Sli, Slo, promql::Window};
    ///
    /// let days = |days: u64| Window::new(Duration::from_secs(days * 86_400));
    /// let factors = |slo: &Slo| slo.burn_rates().iter().map(|burn| burn.factor).collect::<Vec<f64>>();
    ///
    /// let slo = Slo::new("availability", 0.999, days(30)?, Sli::Availability);
    /// assert_eq!(factors(&slo), [14.4, 6.0, 3.0, 1.0]);
    ///
    /// // All requests failing spend a budget of 10 % ten times too fast, and not 14.4 times.
    /// let lenient = Slo::new("availability", 0.9, days(30)?, Sli::Availability);
    /// assert_eq!(factors(&lenient), [6.0, 3.0, 1.0]);
    /// assert_eq!(lenient.out_of_reach()[0].factor, 14.4);
    /// # Ok::<(), obs_rules::promql::BadWindow>(())
    /// ```
    #[must_use]
    pub fn burn_rates(&self) -> Vec<BurnRate> {
        let can_fire = |burn: &BurnRate| self.is_in_reach(burn);
        tier::burn_rates(self.window()).into_iter().filter(can_fire).collect()
    }

    /// The burn rates of its window that no alert watches, because its budget is so large that not even all
    /// requests failing is that fast.
    #[must_use]
    pub fn out_of_reach(&self) -> Vec<BurnRate> {
        tier::burn_rates(self.window())
            .into_iter()
            .filter(|burn| !self.is_in_reach(burn))
            .collect()
    }

    /// The error ratio above which the budget is spent that fast.
    #[must_use]
    pub fn threshold(&self, burn: &BurnRate) -> f64 {
        const PLACES: f64 = 1e12;
        (burn.factor * self.budget() * PLACES).round() / PLACES
    }

    /// An error ratio is 1 at most: an alert above that could never fire.
    fn is_in_reach(&self, burn: &BurnRate) -> bool {
        self.threshold(burn) < 1.0
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
