//! The alerts of an objective.

use std::sync::Arc;

use super::{BurnRate, Sli, Slo};
use crate::{AlertRule, Condition};

// === impl Slo ===

impl Slo {
    /// One alert for each of its [burn rates](Self::burn_rates): `CheckoutAvailabilityBurn1h` and so on, with
    /// the labels `slo`, `long` and `short`. Owner and runbook are the caller's to add.
    ///
    /// ```
    /// use std::{sync::Arc, time::Duration};
    /// use obs_alert::{Sli, Slo, promql::Window};
    ///
    /// let month = Window::new(Duration::from_secs(30 * 86_400))?;
    /// let slo = Arc::new(Slo::new("checkout-availability", 0.999, month, Sli::Availability));
    /// let names: Vec<_> = slo.alerts().iter().map(|rule| rule.name().to_owned()).collect();
    /// assert_eq!(names[0], "CheckoutAvailabilityBurn1h");
    /// assert_eq!(names.len(), 4);
    /// # Ok::<(), obs_alert::promql::BadWindow>(())
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
        let summary = format!("The error budget of {} is spent {} times too fast", self.name(), burn.factor);
        let lasts = burn.exhaustion(self.window());
        let description = format!(
            "{{{{ $value | humanizePercentage }}}} of the requests {is_bad} in the last {}, {} % may over {}: at this \
             rate the budget lasts {} h",
            burn.long,
            percent(self.budget()),
            self.window(),
            lasts.as_secs() / 3_600,
        );
        let condition = Condition::BurnRate { slo: Arc::clone(self), burn };
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
