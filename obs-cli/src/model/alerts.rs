//! Alerts and objectives.

use super::{Label, objects};

objects! {
    /// The alerts of a service.
    Alerts {
        available: bool,
        alerts: Vec<AlertRow>,
        past: Vec<AlertRow>,
        slos: Vec<SloBudget>,
    }

    /// An alert.
    AlertRow {
        name: String,
        state: String,
        severity: String,
        since: String,
        value: Option<f64>,
        summary: String,
        description: Option<String>,
        runbook: Option<String>,
        runbook_url: Option<String>,
        labels: Vec<Label>,
    }

    /// An objective with its budget.
    SloBudget {
        name: String,
        objective: Option<f64>,
        window: String,
        error_ratio: Option<f64>,
        budget_left: Option<f64>,
        burn_rates: Vec<BurnRateRow>,
    }

    /// How fast a budget is spent.
    BurnRateRow {
        window: String,
        rate: Option<f64>,
    }
}
