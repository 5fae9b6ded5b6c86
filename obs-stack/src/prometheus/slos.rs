//! Recording rules of service level objectives.

use std::collections::BTreeSet;

use obs_alert::{
    Slo,
    definition::Service,
    promql::{Expr, Selector, Window},
};

use super::rules::{Group, OFTEN, Rule, SELDOM};

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
        often.push(record(service, slo, "slo:current_burn_rate:ratio", &burn_rate(service, slo, *shortest)));
    }
    let mut seldom = ratios(&long);
    seldom.push(record(service, slo, "slo:period_burn_rate:ratio", &burn_rate(service, slo, slo.window())));
    let left = Expr::number(1.0) - burn_rate(service, slo, slo.window());
    seldom.push(record(service, slo, "slo:period_error_budget_remaining:ratio", &left));
    [Group::new(name("short"), OFTEN, often), Group::new(name("long"), SELDOM, seldom)].into_iter().flatten().collect()
}

/// `slo:sli_error:ratio_rate5m`: the share of requests that were no good ones.
fn ratio(service: &Service, slo: &Slo, window: Window) -> Rule {
    record(service, slo, &ratio_name(window), &slo.error_ratio(&service.naming(), window))
}

fn ratio_name(window: Window) -> String {
    format!("slo:sli_error:ratio_rate{window}")
}

/// How many times faster than allowed the budget is spent: the recorded ratio by the budget.
fn burn_rate(service: &Service, slo: &Slo, window: Window) -> Expr {
    let of = |name: &str| Expr::instant(&Selector::new(name).with("job", &service.name).with("slo", slo.name()));
    of(&ratio_name(window)) / of("slo:error_budget:ratio")
}

fn constants(service: &Service, slo: &Slo) -> Vec<Rule> {
    let days = slo.window().duration().as_secs_f64() / 86_400.0;
    [("slo:objective:ratio", slo.objective()), ("slo:error_budget:ratio", budget(slo)), ("slo:time_period:days", days)]
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
