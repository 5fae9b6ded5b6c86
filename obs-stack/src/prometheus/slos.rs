//! Recording rules of service level objectives, the expressions of their alerts, and the
//! retention that they need.
//!
//! Two sums are recorded each minute: bad requests and counted requests, per second over 5
//! minutes. Longer windows add these up. That costs two series however many endpoints and
//! statuses there are, and it weighs each request equally, which averaging ratios would
//! not. Each sample stands for 5 minutes, so at both ends of a window up to 5 minutes of
//! requests count in part.

use std::collections::BTreeSet;

use obs_rules::{
    AlertRule, BurnRate, NoData, Sli, Slo, Tally,
    definition::Service,
    promql::{Expr, Selector, Window},
};

use super::rules::{EACH_MINUTE, Group, Rule, SELDOM};

/// The names of recorded series, those of Sloth where it has them; the labels are `job` and
/// `slo`.
pub(crate) mod series {
    use obs_rules::promql::Window;

    /// Bad requests per second, over 5 minutes.
    pub(crate) const BAD: &str = "slo:sli_bad_requests:rate5m";
    /// All requests per second that count for the objective, over 5 minutes.
    pub(crate) const COUNTED: &str = "slo:sli_counted_requests:rate5m";
    /// The objective, as a ratio: 0.999.
    pub(crate) const OBJECTIVE: &str = "slo:objective:ratio";
    /// The error budget, as a ratio: 0.001.
    pub(crate) const BUDGET: &str = "slo:error_budget:ratio";
    /// The burn rate over the shortest window: 1 spends exactly the budget.
    pub(crate) const CURRENT_BURN_RATE: &str = "slo:current_burn_rate:ratio";
    /// The part of the error budget that remains at the end of the window: 1 is all, below
    /// 0 the objective is missed.
    pub(crate) const BUDGET_REMAINING: &str = "slo:period_error_budget_remaining:ratio";

    /// The ratio of bad requests over a window.
    pub(crate) fn error_ratio(window: Window) -> String {
        format!("slo:sli_error:ratio_rate{window}")
    }
}

/// The window of the recorded sums.
const BASE: Window = Window::minutes(5);
/// Seconds between two samples of a recorded sum: the interval [`EACH_MINUTE`].
const STEP_SECONDS: f64 = 60.0;
/// Windows from here on are recorded less often.
const LONG: Window = Window::minutes(6 * 60);

/// Two groups for each SLO: sums and short windows, then long windows.
pub(super) fn groups(service: &Service) -> Vec<Group> {
    service.slos.iter().flat_map(|slo| of_slo(service, slo)).collect()
}

/// Notes for the header of the rule file, one line each.
pub(super) fn notes(service: &Service) -> String {
    let notes: Vec<_> = service
        .slos
        .iter()
        .filter_map(|slo| slo.note())
        .map(|note| format!("\n{note}."))
        .collect();
    notes.concat()
}

/// The groups of one SLO.
fn of_slo(service: &Service, slo: &Slo) -> Vec<Group> {
    let windows: BTreeSet<Window> = slo
        .burn_rates()
        .iter()
        .flat_map(|burn| [burn.short, burn.long])
        .collect();
    let shortest = windows.first().copied();
    let (short, long): (Vec<_>, Vec<_>) = windows.into_iter().partition(|window| *window < LONG);
    let ratios = |windows: &[Window]| {
        windows
            .iter()
            .map(|window| ratio(service, slo, *window))
            .collect::<Vec<_>>()
    };
    let name = |kind: &str| format!("{}.slo.{}.{kind}", service.name, slo.name());
    let mut often: Vec<_> = constants(service, slo)
        .chain(sums(service, slo))
        .chain(ratios(&short))
        .collect();
    if let Some(shortest) = shortest {
        let current = recorded(service, slo, &series::error_ratio(shortest)) / recorded(service, slo, series::BUDGET);
        often.push(record(service, slo, series::CURRENT_BURN_RATE, current));
    }
    let mut seldom = ratios(&long);
    let spent = error_ratio(service, slo, slo.window()) / Expr::number(slo.budget());
    seldom.push(record(
        service,
        slo,
        series::BUDGET_REMAINING,
        Expr::number(1.0) - spent,
    ));
    let groups = [
        Group::new(name("short"), EACH_MINUTE, often),
        Group::new(name("long"), SELDOM, seldom),
    ];
    groups.into_iter().flatten().collect()
}

/// The expression of a burn-rate alert, from recorded series. `None` if the alert needs
/// more than is recorded, such as hysteresis.
pub(super) fn alert(service: &Service, alert: &AlertRule) -> Option<Expr> {
    let (slo, burn) = alert.condition().burn_rate()?;
    let is_recorded = service.slos.contains(slo) && slo.burn_rates().contains(burn);
    if !is_recorded || alert.clears_at().is_some() || alert.no_data_policy() != NoData::Ok {
        return None;
    }
    let over = |window| ratio_is_above(service, slo, burn, window);
    let fires = over(burn.long).and(over(burn.short));
    if alert.requests_at_least() <= 0.0 {
        return Some(fires);
    }
    let seen = over_time(service, slo, series::COUNTED, burn.long) * Expr::number(STEP_SECONDS);
    Some(fires.and(seen.at_least(alert.requests_at_least())))
}

/// Whether the error ratio over a window is above the threshold. Without labels, like the
/// alert in the process.
fn ratio_is_above(service: &Service, slo: &Slo, burn: &BurnRate, window: Window) -> Expr {
    recorded(service, slo, &series::error_ratio(window))
        .sum()
        .above(slo.threshold(burn))
}

/// The rules of the two recorded sums.
fn sums(service: &Service, slo: &Slo) -> [Rule; 2] {
    let naming = service.naming();
    let counted = slo.counted(&naming).rate(BASE);
    let bad = match slo.sli() {
        Sli::Latency { threshold } => {
            // Without `or 0`: buckets and count always come together, and a missing bucket is not a bad request.
            let quick = Tally::new(vec![naming.duration_within(slo.requests(), threshold)]);
            counted.clone() - quick.rate(BASE)
        }
        _ => naming.errors(slo.requests()).rate(BASE).or_zero(),
    };
    [
        record(service, slo, series::BAD, bad),
        record(service, slo, series::COUNTED, counted),
    ]
}

/// The rule of the error ratio over a window.
fn ratio(service: &Service, slo: &Slo, window: Window) -> Rule {
    record(
        service,
        slo,
        &series::error_ratio(window),
        error_ratio(service, slo, window),
    )
}

/// The error ratio over a window, from the recorded sums.
fn error_ratio(service: &Service, slo: &Slo, window: Window) -> Expr {
    let over = |name| match window {
        BASE => recorded(service, slo, name),
        window => over_time(service, slo, name, window),
    };
    over(series::BAD) / over(series::COUNTED).above_zero()
}

/// A recorded sum, added up over a window.
fn over_time(service: &Service, slo: &Slo, name: &str, window: Window) -> Expr {
    Expr::over("sum_over_time", &selector(service, slo, name), window).sum()
}

/// The current value of a recorded series.
fn recorded(service: &Service, slo: &Slo, name: &str) -> Expr {
    Expr::instant(&selector(service, slo, name))
}

/// The selector of a recorded series.
fn selector(service: &Service, slo: &Slo, name: &str) -> Selector {
    Selector::new(name).with("job", &service.name).with("slo", slo.name())
}

/// The rules of objective and error budget.
fn constants(service: &Service, slo: &Slo) -> impl Iterator<Item = Rule> {
    let constants = [(series::OBJECTIVE, slo.objective()), (series::BUDGET, slo.budget())];
    constants
        .map(|(name, value)| record(service, slo, name, Expr::number(value).call("vector")))
        .into_iter()
}

/// A recording rule with the label `slo`.
fn record(service: &Service, slo: &Slo, name: &str, expr: Expr) -> Rule {
    Rule::record(service, name, expr).label("slo", slo.name())
}

/// The least retention, in days: the last month and half of the one before. The default of
/// Prometheus is 15 days.
const LEAST_DAYS: u64 = 45;
/// The margin: a tenth of the window, since Prometheus deletes blocks of up to a tenth of
/// the retention at once.
const MARGIN: u64 = 10;
/// Seconds of a day.
const DAY: u64 = 86_400;

/// The retention that the SLOs of these services need, in days, with a margin; 45 at least.
pub(crate) fn retention_days<'a>(services: impl IntoIterator<Item = &'a Service>) -> u64 {
    longest(services).map_or(LEAST_DAYS, |days| LEAST_DAYS.max(days + days.div_ceil(MARGIN)))
}

/// The note about the retention for a header; `None` without SLOs.
pub(crate) fn retention_note<'a>(services: impl IntoIterator<Item = &'a Service> + Clone) -> Option<String> {
    let longest = longest(services.clone())?;
    let days = retention_days(services);
    Some(format!(
        "The longest objective looks back for {longest} days: start Prometheus with --storage.tsdb.retention.time={days}d \
         or more\n(the Prometheus Operator: `retention: {days}d`), or what it recorded of the budgets is cut short."
    ))
}

/// The longest window of an SLO, in days.
fn longest<'a>(services: impl IntoIterator<Item = &'a Service>) -> Option<u64> {
    let windows = services
        .into_iter()
        .flat_map(|service| service.slos.iter().map(|slo| slo.window().duration()));
    windows.map(|window| window.as_secs().div_ceil(DAY)).max()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use obs_rules::definition::Definition;

    use super::*;

    fn definition(windows: &[&str]) -> Definition {
        let mut text = "version: 1\nservices:\n  - name: a\n    endpoints: [GET /a]\n".to_owned();
        for (at, window) in windows.iter().enumerate() {
            text += if at == 0 { "    slos:\n" } else { "" };
            let _ = writeln!(
                text,
                "      - {{ name: promise-{at}, objective: 99, window: {window} }}"
            );
        }
        Definition::parse(&text, "obs.yaml").unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn samples_are_kept_for_longer_than_the_longest_window() {
        for (windows, expected) in [
            (&[][..], 45),
            (&["7d"], 45),
            (&["30d", "28d"], 45),
            (&["7d", "90d"], 99),
        ] {
            assert_eq!(retention_days(&definition(windows).services), expected, "{windows:?}");
        }
    }

    #[test]
    fn configurations_name_the_window_and_the_setting() {
        let text = retention_note(&definition(&["90d"]).services).unwrap();
        assert!(
            text.contains("90 days") && text.contains("--storage.tsdb.retention.time=99d"),
            "{text}"
        );
        assert_eq!(retention_note(&definition(&[]).services), None);
    }
}
