//! Recording rules of service level objectives.

use std::collections::BTreeSet;

use obs_alert::{
    Slo,
    definition::Service,
    promql::{Expr, Selector, Window},
};

use super::rules::{Group, OFTEN, Rule, SELDOM};

/// The names of the recorded series, those of Sloth; the labels are `job` and `slo`.
pub(crate) mod series {
    use obs_alert::promql::Window;

    /// The share of requests that are to be good.
    pub(crate) const OBJECTIVE: &str = "slo:objective:ratio";
    /// The share of requests that may be bad.
    pub(crate) const BUDGET: &str = "slo:error_budget:ratio";
    /// How many times faster than allowed the budget is spent, over the shortest window.
    pub(crate) const CURRENT_BURN_RATE: &str = "slo:current_burn_rate:ratio";
    /// The share of the budget that is left at the end of the objective's window.
    pub(crate) const BUDGET_REMAINING: &str = "slo:period_error_budget_remaining:ratio";

    /// The share of requests that were bad over a window.
    pub(crate) fn error_ratio(window: Window) -> String {
        format!("slo:sli_error:ratio_rate{window}")
    }
}

/// Windows from here on are recorded seldom.
const LONG: Window = Window::minutes(6 * 60);

/// Two groups for each objective: the short windows and what follows from them, and the long ones.
pub(super) fn groups(service: &Service) -> Vec<Group> {
    service.slos.iter().flat_map(|slo| of_slo(service, slo)).collect()
}

fn of_slo(service: &Service, slo: &Slo) -> Vec<Group> {
    let mut windows: BTreeSet<Window> = slo.burn_rates().iter().flat_map(|burn| [burn.short, burn.long]).collect();
    windows.insert(slo.window());
    let (short, long): (Vec<_>, Vec<_>) = windows.into_iter().partition(|window| *window < LONG);
    let ratios = |windows: &[Window]| windows.iter().map(|window| ratio(service, slo, *window)).collect::<Vec<_>>();
    let name = |kind: &str| format!("{}.slo.{}.{kind}", service.name, slo.name());
    let mut often = constants(service, slo);
    often.extend(ratios(&short));
    if let Some(shortest) = short.first() {
        often.push(record(service, slo, series::CURRENT_BURN_RATE, &burn_rate(service, slo, *shortest)));
    }
    let mut seldom = ratios(&long);
    seldom.push(record(service, slo, "slo:period_burn_rate:ratio", &burn_rate(service, slo, slo.window())));
    let left = Expr::number(1.0) - burn_rate(service, slo, slo.window());
    seldom.push(record(service, slo, series::BUDGET_REMAINING, &left));
    [Group::new(name("short"), OFTEN, often), Group::new(name("long"), SELDOM, seldom)].into_iter().flatten().collect()
}

/// `slo:sli_error:ratio_rate5m`: the share of requests that were no good ones.
fn ratio(service: &Service, slo: &Slo, window: Window) -> Rule {
    record(service, slo, &series::error_ratio(window), &slo.error_ratio(&service.naming(), window))
}

/// How many times faster than allowed the budget is spent: the recorded ratio by the budget.
fn burn_rate(service: &Service, slo: &Slo, window: Window) -> Expr {
    let of = |name: &str| Expr::instant(&Selector::new(name).with("job", &service.name).with("slo", slo.name()));
    of(&series::error_ratio(window)) / of(series::BUDGET)
}

fn constants(service: &Service, slo: &Slo) -> Vec<Rule> {
    let days = slo.window().duration().as_secs_f64() / 86_400.0;
    [(series::OBJECTIVE, slo.objective()), (series::BUDGET, budget(slo)), ("slo:time_period:days", days)]
        .into_iter()
        .map(|(name, value)| record(service, slo, name, &Expr::number(value).call("vector")))
        .collect()
}

fn record(service: &Service, slo: &Slo, name: &str, expr: &Expr) -> Rule {
    Rule::record(service, name, expr).label("slo", slo.name())
}

/// Without the noise of binary fractions: 1 − 0.999 is 0.001.
fn budget(slo: &Slo) -> f64 {
    const PLACES: f64 = 1e10;
    ((1.0 - slo.objective()) * PLACES).round() / PLACES
}
