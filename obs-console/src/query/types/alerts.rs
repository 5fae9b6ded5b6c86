//! Alerts, objectives and silences.

use super::{
    common::{Label, Points},
    schema::{Time, objects},
};

objects! {
    /// The alerts of the process.
    pub struct Alerts {
        /// Whether the console was given an alert manager.
        pub available: bool,
        /// Alerts that are pending or firing.
        pub alerts: Vec<AlertRow>,
        /// Past alerts, the latest first.
        pub past: Vec<AlertRow>,
        /// The rules.
        pub rules: Vec<RuleRow>,
        /// The objectives with their budgets.
        pub slos: Vec<SloBudget>,
        /// The silences that have not ended.
        pub silences: Vec<SilenceRow>,
    }

    /// An alert.
    pub struct AlertRow {
        /// The name of its rule.
        pub name: String,
        /// `pending`, `firing` or `resolved`.
        pub state: String,
        /// `critical`, `warning` or `info`.
        pub severity: String,
        /// Since when it is in this state.
        pub since: Time,
        /// When its condition began to hold.
        pub active_at: Time,
        /// When it began to fire.
        pub fired_at: Option<Time>,
        /// When it was resolved.
        pub resolved_at: Option<Time>,
        /// The value of its condition.
        pub value: Option<f64>,
        /// What has happened, in a sentence.
        pub summary: String,
        /// More about it.
        pub description: Option<String>,
        /// Where to read what to do.
        pub runbook_url: Option<String>,
        /// What to do.
        pub runbook: Option<String>,
        /// Its labels.
        pub labels: Vec<Label>,
        /// A hash of its labels, 16 hexadecimal digits.
        pub fingerprint: String,
    }

    /// A rule.
    pub struct RuleRow {
        /// Its name.
        pub name: String,
        /// The severity of its alerts.
        pub severity: String,
        /// `inactive`, `pending`, `firing` or `error`.
        pub state: String,
        /// The number of its alerts that are pending or firing.
        pub alerts: usize,
        /// The error of its last evaluation.
        pub error: Option<String>,
        /// Why it can't fire.
        pub missing: Option<String>,
    }

    /// An objective with its budget.
    pub struct SloBudget {
        /// Its name.
        pub name: String,
        /// The share of good requests that it demands, 0 to 1.
        pub objective: f64,
        /// Its window, such as `30d`.
        pub window: String,
        /// The share of bad requests over the window, 0 to 1.
        pub error_ratio: Option<f64>,
        /// The share of the budget that is left: 1 is whole, below 0 more was spent.
        pub budget_left: Option<f64>,
        /// How many times faster than allowed the budget is spent, by the window that it is measured over.
        pub burn_rates: Vec<BurnRateRow>,
        /// The burn rate over the shortest of these windows, over time.
        pub burn: Points,
        /// The share of the budget that was left, over time.
        pub left: Points,
    }

    /// How fast a budget is spent.
    pub struct BurnRateRow {
        /// The window that it is measured over.
        pub window: String,
        /// How many times faster than allowed.
        pub rate: f64,
    }

    /// A silence.
    pub struct SilenceRow {
        /// Its id.
        pub id: String,
        /// Which alerts it silences.
        pub matchers: Vec<String>,
        /// When it ends.
        pub until: Option<Time>,
        /// Who wants it and why.
        pub comment: String,
    }
}
