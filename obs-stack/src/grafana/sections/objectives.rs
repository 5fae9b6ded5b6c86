//! SLOs and error budgets, from the series that [`prometheus`](crate::prometheus) records:
//! one query for all SLOs, however many there are; and panels of custom alerts.

use std::collections::{BTreeMap, BTreeSet};

use obs_rules::{
    AlertRule, Comparison, Slo,
    promql::{Expr, Selector, Window},
};

use crate::{
    grafana::{
        explore,
        kind::Kind,
        layout::{Context, Layout, Topic},
        model::{Color, Override, Panel, Property, Target, Thresholds, Transformation},
        thresholds,
    },
    prometheus::slo_series,
};

/// The variable and the label that name the SLO.
const SLO: &str = "slo";
const OBJECTIVE: &str = "Objective";
const TARGET: &str = "Target";
const GOOD_REQUESTS: &str = "Good requests";
const BUDGET_REMAINING: &str = "Budget remaining";
const BURN_RATE: &str = "Burn rate";
/// The cell with the name of the SLO, encoded for an address.
const OBJECTIVE_CELL: &str = "${__data.fields.Objective:percentencode}";
/// The step of queries over weeks.
const STEP: &str = "5m";

const BUDGET_DESCRIPTION: &str = "Share of the error budget that remains in the window of the objective. Below 0 the \
                       objective is missed: stability comes before features.";
const BURN_RATE_DESCRIPTION: &str = "How fast the error budget is spent: at 1 it lasts exactly for the window of the \
                            objective, at 14.4 a budget of 30 days is gone in two.";

/// Burn rates of all SLOs.
pub(crate) fn burn_rates(layout: &mut Layout<'_>) {
    let context = layout.context();
    if context.service.slos.is_empty() {
        return;
    }
    layout.row("Error budgets", Topic::Errors);
    let target = Target::prometheus(current_burn_rate(&all), "{{slo}}");
    let (stat, trend) = context.pair("burn rates", "short", BURN_RATE_DESCRIPTION, target);
    let look = |panel: Panel| panel.thresholds(thresholds::burn_rate()).no_value("no requests");
    layout.pairs([(look(stat), look(trend))]);
}

/// A table of all SLOs: objective, actual ratio, remaining error budget, burn rate; their
/// error budgets and burn rates over time.
pub(crate) fn objectives(layout: &mut Layout<'_>) {
    layout.row("All objectives", Topic::Errors);
    let context = layout.context();
    let columns = [
        Expr::instant(&all(slo_series::OBJECTIVE)),
        good_requests(&all),
        budget_remaining(&all),
        current_burn_rate(&all),
    ];
    let table = columns
        .into_iter()
        .map(Target::table)
        .fold(Panel::table(BURN_RATE), Panel::target);
    let table = table
        .about(
            context.title("objectives"),
            "The target of each objective, the share of good requests over its window, the error budget that \
             remains, and how fast it is spent. An objective links to its details below.",
        )
        .no_value("no requests")
        .transformations(vec![Transformation::Merge {}, table_columns()])
        .overrides(overrides(context));
    layout.line(9, [table]);
    let left = context
        .trend(
            "error budgets remaining",
            "percentunit",
            BUDGET_DESCRIPTION,
            &budget_remaining(&all),
            "{{slo}}",
        )
        .thresholds(thresholds::budget_left())
        .no_value("no requests")
        .interval(STEP);
    let burn = context
        .trend(
            "burn rates",
            "short",
            BURN_RATE_DESCRIPTION,
            &current_burn_rate(&all),
            "{{slo}}",
        )
        .thresholds(thresholds::burn_rate())
        .no_value("no requests");
    layout.line(8, [left, burn]);
}

/// The SLO that is selected at the top.
pub(crate) fn objective(layout: &mut Layout<'_>) {
    layout.row("$slo", Topic::Errors);
    let context = layout.context();
    let description = "Share of good requests over the window of the objective.";
    let target = Target::prometheus(good_requests(&chosen), "good requests");
    let (stat, trend) = context.pair("$slo good requests", "percentunit", description, target);
    let target = Target::prometheus(budget_remaining(&chosen), "budget remaining");
    let (left_stat, left_trend) =
        context.pair("$slo error budget remaining", "percentunit", BUDGET_DESCRIPTION, target);
    let look = |panel: Panel| panel.no_value("no requests").interval(STEP);
    let colours = |panel: Panel| look(panel).thresholds(thresholds::budget_left());
    layout.pairs([(look(stat), look(trend)), (colours(left_stat), colours(left_trend))]);
    let burn = Panel::time_series("short")
        .about(
            context.title("$slo burn rate"),
            "How fast the error budget was spent, over the windows of the alerts. An alert fires when its long \
             and its short window are both above its factor.",
        )
        .thresholds(thresholds::burn_rate())
        .no_value("no requests");
    let burn = windows(context).into_iter().fold(burn, |panel, window| {
        panel.target(Target::prometheus(burn_rate(window), &window.to_string()))
    });
    layout.line(8, [burn]);
}

/// A recorded series, for all SLOs of the service.
fn all(name: &str) -> Selector {
    Selector::new(name).matching("job", "$job")
}

/// A recorded series, for the selected SLO.
fn chosen(name: &str) -> Selector {
    all(name).with(SLO, "$slo")
}

/// The part of the error budget that remains.
fn budget_remaining(of: &impl Fn(&str) -> Selector) -> Expr {
    Expr::instant(&of(slo_series::BUDGET_REMAINING))
}

/// The burn rate over the shortest window.
fn current_burn_rate(of: &impl Fn(&str) -> Selector) -> Expr {
    Expr::instant(&of(slo_series::CURRENT_BURN_RATE))
}

/// The ratio of good requests over the window of the SLO.
fn good_requests(of: &impl Fn(&str) -> Selector) -> Expr {
    let spent = Expr::number(1.0) - budget_remaining(of);
    Expr::number(1.0) - spent * Expr::instant(&of(slo_series::BUDGET))
}

/// The burn rate over a window.
fn burn_rate(window: Window) -> Expr {
    Expr::instant(&chosen(&slo_series::error_ratio(window))) / Expr::instant(&chosen(slo_series::BUDGET))
}

/// The windows of all burn-rate alerts; those that the selected SLO does not have show
/// nothing.
fn windows(context: &Context<'_>) -> BTreeSet<Window> {
    context
        .service
        .slos
        .iter()
        .flat_map(|slo| Slo::burn_rates(slo))
        .map(|burn| burn.long)
        .collect()
}

/// Names and order of the columns.
fn table_columns() -> Transformation {
    let columns = [
        (SLO, OBJECTIVE),
        ("Value #A", TARGET),
        ("Value #B", GOOD_REQUESTS),
        ("Value #C", BUDGET_REMAINING),
        ("Value #D", BURN_RATE),
    ];
    Transformation::Organize {
        exclude_by_name: ["Time", "job", "__name__"].map(|name| (name.to_owned(), true)).into(),
        index_by_name: columns
            .iter()
            .enumerate()
            .map(|(at, (from, _))| ((*from).to_owned(), at))
            .collect(),
        rename_by_name: columns
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

/// Units and colours of the columns.
fn overrides(context: &Context<'_>) -> Vec<Override> {
    let share = |name| Override::of(name, vec![Property::Unit("percentunit")]);
    let coloured = |name, unit, thresholds| {
        let by_value = Property::Color(Color { mode: "thresholds" });
        let text = Property::Cell { kind: "color-text" };
        Override::of(
            name,
            vec![Property::Unit(unit), Property::Thresholds(thresholds), by_value, text],
        )
    };
    let uid = Kind::Slo.uid(context.service);
    let details = explore::dashboard_link("Details of this objective", &uid, &[(SLO, OBJECTIVE_CELL)]);
    vec![
        Override::of(OBJECTIVE, vec![Property::Links(vec![details])]),
        share(TARGET),
        share(GOOD_REQUESTS),
        coloured(BUDGET_REMAINING, "percentunit", thresholds::budget_left()),
        coloured(BURN_RATE, "short", thresholds::burn_rate()),
    ]
}

/// A panel for each custom alert: the value, the threshold, the runbook.
pub(crate) fn own(layout: &mut Layout<'_>) {
    let context = layout.context();
    let own = context
        .service
        .alerts
        .iter()
        .filter(|alert| Topic::of(context.service, alert).is_none());
    let panels: Vec<_> = own.filter_map(|alert| panel(context, alert)).collect();
    if panels.is_empty() {
        return;
    }
    layout.row("Custom alerts", Topic::Traffic);
    let mut panels = panels.into_iter().peekable();
    while panels.peek().is_some() {
        layout.line(8, panels.by_ref().take(3).collect::<Vec<_>>());
    }
}

/// The panel of one alert.
fn panel(context: &Context<'_>, alert: &AlertRule) -> Option<Panel> {
    let value = alert.condition().value(context.source.naming())?;
    let value = value.map(|input| input.map(|selector| context.source.select(selector.clone())));
    let threshold = match alert.condition().comparison()? {
        Comparison::Above(threshold) => Thresholds::above(threshold),
        Comparison::Below(threshold) => Thresholds::below(threshold),
    };
    let description = format!(
        "The value that the alert {} compares with its threshold: {}.",
        alert.name(),
        alert.message()
    );
    let mut panel = Panel::time_series("short")
        .about(context.title(alert.name()), description)
        .thresholds(threshold)
        .target(Target::prometheus(value.promql(), ""));
    panel.links.extend(context.runbook(alert));
    Some(panel)
}
