//! The alerts of an objective.

use std::{sync::Arc, time::Duration};

use super::{BurnRate, Sli, Slo};
use crate::{AlertRule, Condition, Severity};

// === impl Slo ===

impl Slo {
    /// What is not watched of it and why, for people; nothing if all of its burn rates are.
    ///
    /// ```
    /// use std::time::Duration;
    /// use obs_rules::{Sli, Slo, promql::Window};
    ///
    /// let month = Window::new(Duration::from_secs(30 * 86_400))?;
    /// let slo = Slo::new("availability", 0.9, month, Sli::Availability);
    /// assert_eq!(
    ///     slo.note().unwrap(),
    ///     "SLO \"availability\" has no alert on a burn rate of 14.4: at 90 % not even all requests failing is that fast",
    /// );
    /// # Ok::<(), obs_rules::promql::BadWindow>(())
    /// ```
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let missing = self.out_of_reach();
        if missing.is_empty() {
            return None;
        }
        let factors: Vec<_> = missing.iter().map(|burn| for_people(burn.factor)).collect();
        let mut note = format!(
            "SLO {:?} has no alert on a burn rate of {}: at {} % not even all requests failing is that fast",
            self.name(),
            factors.join(" or "),
            percent(self.objective()),
        );
        if self.burn_rates().iter().all(|burn| burn.severity != Severity::Critical) {
            note += "; none of its alerts is critical: an alert on the error ratio can page";
        }
        Some(note)
    }

    /// One alert for each of its [burn rates](Self::burn_rates): `CheckoutAvailabilityBurn1h` and so on, with
    /// the labels `slo`, `long` and `short`. Owner and runbook are the caller's to add.
    ///
    /// ```
    /// use std::{sync::Arc, time::Duration};
    /// use obs_rules::{Sli, Slo, promql::Window};
    ///
    /// let month = Window::new(Duration::from_secs(30 * 86_400))?;
    /// let slo = Arc::new(Slo::new("checkout-availability", 0.999, month, Sli::Availability));
    /// let names: Vec<_> = slo.alerts().iter().map(|rule| rule.name().to_owned()).collect();
    /// assert_eq!(names[0], "CheckoutAvailabilityBurn1h");
    /// assert_eq!(names.len(), 4);
    /// # Ok::<(), obs_rules::promql::BadWindow>(())
    /// ```
    #[must_use]
    pub fn alerts(self: &Arc<Self>) -> Vec<AlertRule> {
        self.burn_rates().into_iter().map(|burn| self.alert(burn)).collect()
    }

    fn alert(self: &Arc<Self>, burn: BurnRate) -> AlertRule {
        let name = format!("{}Burn{}", camel_case(self.name()), burn.long);
        let is_bad = match self.sli() {
            Sli::Availability => "failed",
            Sli::Latency { .. } => "were too slow",
        };
        let factor = for_people(burn.factor);
        let summary = format!("The error budget of {} is spent {factor} times too fast", self.name());
        let description = format!(
            "{{{{ $value | humanizePercentage }}}} of the requests {is_bad} in the last {}, {} % may over {}: at this \
             rate the budget lasts {}",
            burn.long,
            percent(self.budget()),
            self.window(),
            lasts(burn.exhaustion(self.window())),
        );
        let condition = Condition::BurnRate {
            slo: Arc::clone(self),
            burn,
        };
        AlertRule::new(name, condition, burn.severity, summary)
            .hold_for(burn.hold_for)
            .min_requests(self.requests_at_least())
            .description(description)
            .label("slo", self.name())
            .label("long", burn.long.to_string())
            .label("short", burn.short.to_string())
    }
}

/// `checkout-availability` → `CheckoutAvailability`.
fn camel_case(name: &str) -> String {
    let mut starts_word = true;
    let mut camel = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            camel.push(if starts_word { c.to_ascii_uppercase() } else { c });
        }
        starts_word = !c.is_ascii_alphanumeric();
    }
    camel
}

fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

/// With three digits: 13.4375 is 13.4.
fn for_people(factor: f64) -> String {
    let places = if factor < 10.0 { 100.0 } else { 10.0 };
    ((factor * places).round() / places).to_string()
}

/// In hours up to 3 days, then in days.
fn lasts(span: Duration) -> String {
    let hours = span.as_secs_f64() / 3_600.0;
    if hours < 72.0 {
        format!("{} h", hours.round())
    } else {
        format!("{} days", (hours / 24.0).round())
    }
}
