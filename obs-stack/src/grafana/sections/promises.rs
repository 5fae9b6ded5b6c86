//! Service level objectives and their error budgets.

use obs_alert::{
    Sli, Slo,
    promql::{Expr, Window},
};

use crate::grafana::{
    context::Context,
    layout::Layout,
    limits,
    model::{Panel, Target, Thresholds},
    query,
    topic::Topic,
};

/// How fast the budgets are spent, all objectives of the service together.
pub(crate) fn burn_rates(layout: &mut Layout<'_>) {
    let context = layout.context();
    let slos = &context.service.slos;
    if slos.is_empty() {
        return;
    }
    layout.row("Promises", Topic::Errors);
    let description = "How many times faster than allowed the error budget was spent over the last hour: at 1 it lasts \
                       exactly as long as promised, at 14.4 a budget of 30 days is gone in two.";
    let targets = |panel: Panel| {
        slos.iter().fold(panel.thresholds(limits::burn_rate()).no_value("no requests"), |panel, slo| {
            let expr = burn_rate(context, slo, HOUR);
            panel.target(Target::prometheus(query::text(&expr), slo.name()))
        })
    };
    let stat = targets(Panel::stat("short").about(context.title("burn rates now"), description));
    let trend = targets(Panel::time_series("short").about(context.title("burn rates"), description));
    layout.pairs([(stat, trend)]);
}

/// One objective: how well it is kept, how much of its budget is left, how fast it is spent.
pub(crate) fn promise(layout: &mut Layout<'_>, slo: &Slo) {
    let topic = if slo.sli() == Sli::Availability { Topic::Errors } else { Topic::Latency };
    let objective = percent(slo.objective());
    layout.row(&format!("{}: {objective} % of {} over {}", slo.name(), slo.requests(), slo.window()), topic);
    let context = layout.context();
    layout.pairs([kept(context, slo), left(context, slo)]);
    let panel = spent(context, slo);
    layout.line(8, [panel]);
}

const HOUR: Window = Window::minutes(60);

fn kept(context: &Context<'_>, slo: &Slo) -> (Panel, Panel) {
    let good = good_ratio(context, slo, slo.window());
    let description = match slo.sli() {
        Sli::Latency { threshold } => format!("Share of requests that were answered within {threshold:?}."),
        _ => "Share of requests that did not fail.".to_owned(),
    };
    let description = format!("{description} Promised over {}: {} %.", slo.window(), percent(slo.objective()));
    let target = Target::prometheus(query::text(&good), "good requests");
    let (stat, trend) = context.pair(&format!("{} kept", slo.name()), "percentunit", &description, target);
    let thresholds = Thresholds::falling(slo.objective(), slo.objective() + slo.budget() / 4.0);
    // What matters happens between ten budgets below the promise and all requests.
    let least = (1.0 - 10.0 * slo.budget()).max(0.0);
    let trend = trend.thresholds(thresholds.clone()).range(rounded(least), 1.0).interval(STEP);
    (stat.thresholds(thresholds).no_value("no requests").interval(STEP), trend)
}

fn left(context: &Context<'_>, slo: &Slo) -> (Panel, Panel) {
    let left = Expr::number(1.0) - burn_rate(context, slo, slo.window());
    let description = format!(
        "Share of the error budget of the last {} that is left: {} % of the requests may be bad. Below 0 the promise is \
         broken: stability comes before features.",
        slo.window(),
        percent(slo.budget()),
    );
    let target = Target::prometheus(query::text(&left), "budget left");
    let (stat, trend) = context.pair(&format!("{} error budget left", slo.name()), "percentunit", &description, target);
    let thresholds = limits::budget_left();
    let stat = stat.thresholds(thresholds.clone()).no_value("no requests").interval(STEP);
    (stat, trend.thresholds(thresholds).interval(STEP))
}

/// Values over a month don't change by the second.
const STEP: &str = "5m";

fn spent(context: &Context<'_>, slo: &Slo) -> Panel {
    let panel = Panel::time_series("short")
        .about(
            context.title(&format!("{} burn rate", slo.name())),
            "How many times faster than allowed the error budget was spent, over the windows that the alerts look at. An \
             alert fires when a long window and its short one are both above the alert's factor.",
        )
        .thresholds(limits::burn_rate())
        .no_value("no requests");
    slo.burn_rates().iter().fold(panel, |panel, burn| {
        let expr = burn_rate(context, slo, burn.long);
        let legend = format!("{} (alert above {})", burn.long, burn.factor);
        panel.target(Target::prometheus(query::text(&expr), &legend))
    })
}

fn burn_rate(context: &Context<'_>, slo: &Slo, window: Window) -> Expr {
    error_ratio(context, slo, window) / Expr::number(slo.budget())
}

/// The share of bad requests. Growth, not rates: the quotient is the same, and rates belong to the
/// interval of the panel.
fn error_ratio(context: &Context<'_>, slo: &Slo, window: Window) -> Expr {
    if let Sli::Latency { .. } = slo.sli() {
        return Expr::number(1.0) - good_ratio(context, slo, window);
    }
    let naming = context.source.naming();
    let errors = context.source.increases(&naming.errors(slo.requests()), window).sum();
    let counted = counted(context, slo, window);
    errors.or(counted.clone() * Expr::number(0.0)) / counted.above_zero()
}

/// The share of good requests.
fn good_ratio(context: &Context<'_>, slo: &Slo, window: Window) -> Expr {
    let Sli::Latency { threshold } = slo.sli() else {
        return Expr::number(1.0) - error_ratio(context, slo, window);
    };
    let within = context.source.naming().duration_within(slo.requests(), threshold);
    let quick = Expr::increase(&context.source.select(within), window).sum();
    quick / counted(context, slo, window).above_zero()
}

fn counted(context: &Context<'_>, slo: &Slo, window: Window) -> Expr {
    context.source.increases(&slo.counted(context.source.naming()), window).sum()
}

fn percent(share: f64) -> f64 {
    rounded(share * 100.0)
}

fn rounded(value: f64) -> f64 {
    const PLACES: f64 = 1e9;
    (value * PLACES).round() / PLACES
}
