//! What an objective is checked for before it is used.

use std::{error::Error, fmt, time::Duration};

use super::{Sli, Slo};

/// An objective that can't be kept or watched; says which, what is wrong with which value, and the mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSlo {
    slo: String,
    message: String,
}

const DAY: Duration = Duration::from_secs(86_400);
/// Windows that alerts of three days can tell something about, and that somebody remembers.
const WINDOWS: std::ops::RangeInclusive<Duration> = DAY.saturating_mul(7)..=DAY.saturating_mul(90);
const LONGEST_LATENCY: Duration = Duration::from_secs(3_600);

// === impl Slo ===

impl Slo {
    /// Whether it can be kept and watched.
    ///
    /// # Errors
    ///
    /// If the objective is not between 0 and 1, or so low that one of its alerts could never fire; if the
    /// window is shorter than 7 or longer than 90 days; if a latency threshold is not between 1 millisecond
    /// and 1 hour, in whole milliseconds; if the minimum of requests is no number of at least 0.
    pub fn check(&self) -> Result<(), BadSlo> {
        let objective = self.objective();
        if objective.is_nan() || objective <= 0.0 {
            return self
                .refuse(format!("objective {}: nothing is promised; say 99.9 %, for example", percent(objective)));
        }
        if objective >= 1.0 {
            return self.refuse(format!(
                "objective {}: there is no error budget to spend; 99.99 % is a lot already",
                percent(objective)
            ));
        }
        self.check_window()?;
        self.check_alerts()?;
        if !(self.requests_at_least().is_finite() && self.requests_at_least() >= 0.0) {
            return self.refuse(format!("min_requests {} must be a number of at least 0", self.requests_at_least()));
        }
        match self.sli() {
            Sli::Latency { threshold } => self.check_threshold(threshold),
            Sli::Availability => Ok(()),
        }
    }

    fn check_window(&self) -> Result<(), BadSlo> {
        if WINDOWS.contains(&self.window().duration()) {
            return Ok(());
        }
        self.refuse(format!("window {}: it is between 7 and 90 days; 30d is usual", self.window()))
    }

    /// An error ratio is 1 at most: an alert above that is dead.
    fn check_alerts(&self) -> Result<(), BadSlo> {
        let highest = self.burn_rates().into_iter().map(|burn| burn.factor).fold(0.0, f64::max);
        if highest * (1.0 - self.objective()) < 1.0 {
            return Ok(());
        }
        let least = 1.0 - 1.0 / highest;
        self.refuse(format!(
            "objective {}: the alert on spending the budget {highest} times too fast could never fire, as not even all \
             requests failing is that fast; say more than {} over {}, or watch the error ratio by an alert of its own",
            percent(self.objective()),
            percent(least),
            self.window(),
        ))
    }

    fn check_threshold(&self, threshold: Duration) -> Result<(), BadSlo> {
        let is_whole = threshold.subsec_nanos().is_multiple_of(1_000_000);
        if is_whole && !threshold.is_zero() && threshold <= LONGEST_LATENCY {
            return Ok(());
        }
        self.refuse(format!("threshold {threshold:?}: it is between 1 ms and 1 h, in whole milliseconds"))
    }

    fn refuse(&self, message: String) -> Result<(), BadSlo> {
        Err(BadSlo { slo: self.name().to_owned(), message })
    }
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}

// === impl BadSlo ===

impl BadSlo {
    /// The name of the objective.
    #[must_use]
    pub fn slo(&self) -> &str {
        &self.slo
    }

    /// What is wrong, without the name of the objective.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for BadSlo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SLO {:?}: {}", self.slo, self.message)
    }
}

impl Error for BadSlo {}
