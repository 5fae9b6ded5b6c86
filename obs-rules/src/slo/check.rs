//! Checks of objectives before they are used.

use std::{error::Error, fmt, time::Duration};

use super::{Sli, Slo};

/// An objective that can't be met or alerted on, from [`Slo::check`]. The message names the value and the fix.
///
/// ```
/// use std::time::Duration;
/// use obs_rules::{Sli, Slo, promql::Window};
///
/// let month = Window::new(Duration::from_secs(30 * 86_400))?;
/// let error = Slo::new("availability", 99.9, month, Sli::Availability).check().unwrap_err();
/// assert_eq!(error.slo(), "availability");
/// assert_eq!(
///     error.message(),
///     "objective 9990 %: there is no error budget to spend; was 0.999, which is 99.9 %, meant?",
/// );
/// # Ok::<(), obs_rules::promql::BadWindow>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BadSlo {
    slo: String,
    message: String,
}

const DAY: Duration = Duration::from_secs(86_400);
/// Over less than a day there is no burn rate to alert on; the history of a process holds 366 days.
const WINDOWS: std::ops::RangeInclusive<Duration> = DAY..=DAY.saturating_mul(366);
/// Up to here an objective is taken for one that was meant as a share, or in percent.
const HARDLY_ANYTHING: f64 = 0.01;
const LONGEST_LATENCY: Duration = Duration::from_secs(3_600);

// === impl Slo ===

impl Slo {
    /// Checks that it can be met and alerted on.
    ///
    /// # Errors
    ///
    /// If the objective is not between 1 % and 100 %; if the window is shorter than a day or longer than 366
    /// days; if a latency threshold is not between 1 millisecond and 1 hour, in whole milliseconds; if the
    /// minimum of requests is not a number of at least 0.
    pub fn check(&self) -> Result<(), BadSlo> {
        self.check_objective()?;
        self.check_window()?;
        if !(self.requests_at_least().is_finite() && self.requests_at_least() >= 0.0) {
            return self.refuse(format!(
                "min_requests {} must be a number of at least 0",
                self.requests_at_least()
            ));
        }
        match self.sli() {
            Sli::Latency { threshold } => self.check_threshold(threshold),
            Sli::Availability => Ok(()),
        }
    }

    /// A share in place of a percentage, or the other way round, is an error that names the probable value.
    fn check_objective(&self) -> Result<(), BadSlo> {
        let objective = self.objective();
        let shown = percent(objective);
        if objective.is_nan() || objective <= 0.0 {
            return self.refuse(format!(
                "objective {shown}: nothing is promised; say 99.9 %, for example"
            ));
        }
        if objective < HARDLY_ANYTHING {
            let meant = percent(objective * 100.0);
            return self.refuse(format!(
                "objective {shown}: hardly anything is promised; was {meant} meant?"
            ));
        }
        if objective > 1.0 && objective < 100.0 {
            let (share, meant) = (rounded(objective / 100.0), percent(objective / 100.0));
            return self.refuse(format!(
                "objective {shown}: there is no error budget to spend; was {share}, which is {meant}, meant?"
            ));
        }
        if objective >= 1.0 {
            return self.refuse(format!(
                "objective {shown}: there is no error budget to spend; 99.99 % is a lot already"
            ));
        }
        Ok(())
    }

    fn check_window(&self) -> Result<(), BadSlo> {
        if WINDOWS.contains(&self.window().duration()) {
            return Ok(());
        }
        self.refuse(format!(
            "window {}: it is between 1 and 366 days; 30d is usual",
            self.window()
        ))
    }

    fn check_threshold(&self, threshold: Duration) -> Result<(), BadSlo> {
        let is_whole = threshold.subsec_nanos().is_multiple_of(1_000_000);
        if is_whole && !threshold.is_zero() && threshold <= LONGEST_LATENCY {
            return Ok(());
        }
        self.refuse(format!(
            "threshold {threshold:?}: it is between 1 ms and 1 h, in whole milliseconds"
        ))
    }

    fn refuse(&self, message: String) -> Result<(), BadSlo> {
        Err(BadSlo {
            slo: self.name().to_owned(),
            message,
        })
    }
}

fn percent(share: f64) -> String {
    format!("{} %", rounded(share * 100.0))
}

/// Without the noise of binary fractions: 99.999 % has all of its digits.
fn rounded(value: f64) -> f64 {
    const PLACES: f64 = 1e9;
    (value * PLACES).round() / PLACES
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

/// The text: what a `main` prints that returns the error.
impl fmt::Debug for BadSlo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for BadSlo {}
