//! Budgets of objectives over time, and by endpoint.

use obs_alert::{AlertManager, SloStatus};
use obs_core::metrics::{FamilySnapshot, Registry};

use super::{red::EndpointKey, types::Side};

/// How fast the budget is spent over the shortest window, in the history alone.
pub(super) const BURN_RATE: &str = "obs_console_burn_rate";
/// The share of the budget that is left, in the history alone.
pub(super) const BUDGET_LEFT: &str = "obs_console_budget_left";
/// The label of both: the name of the objective.
pub(super) const SLO: &str = "slo";

/// The budgets as metrics, for the history. They are in a registry of their own, on no page.
#[derive(Debug, Default)]
pub(super) struct Budgets(Registry);

// === impl Budgets ===

impl Budgets {
    /// Notes the budgets of objectives.
    pub(super) fn set(&self, slos: &[SloStatus]) {
        metrics::with_local_recorder(&self.0, || {
            for slo in slos {
                let shortest = slo.burn_rates.iter().min_by_key(|(window, _)| window.duration());
                if let Some((_, rate)) = shortest {
                    metrics::gauge!(BURN_RATE, SLO => slo.name.clone()).set(*rate);
                }
                if let Some(left) = slo.budget_left {
                    metrics::gauge!(BUDGET_LEFT, SLO => slo.name.clone()).set(left);
                }
            }
        });
    }

    /// The budgets that were noted last.
    pub(super) fn families(&self) -> Vec<FamilySnapshot> {
        let mut families = self.0.snapshot();
        families.retain(|family| [BURN_RATE, BUDGET_LEFT].contains(&&*family.name));
        families
    }
}

/// The share of the error budget that is left of the objective for this endpoint, the least of several.
pub(super) fn of_endpoint(alerts: Option<&AlertManager>) -> impl Fn(&EndpointKey) -> Option<f64> + use<> {
    let slos = alerts.map(|alerts| (alerts.objectives(), alerts.slos()));
    let (objectives, states) = slos.unwrap_or_default();
    move |key| {
        let of_key = objectives.iter().filter(|slo| {
            let scope = slo.requests();
            let is_endpoint = scope.template() == Some(&*key.endpoint);
            is_endpoint && scope.method_name().is_none_or(|method| method == key.method)
        });
        let left = of_key.filter_map(|slo| states.iter().find(|state| state.name == slo.name())?.budget_left);
        let least = left.min_by(f64::total_cmp);
        least.filter(|_| key.side == Side::Server)
    }
}
