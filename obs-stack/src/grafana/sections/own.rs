//! What the service's own alerts watch.

use obs_rules::{AlertRule, Comparison, Condition, promql::Expr};

use crate::grafana::{
    context::Context,
    layout::Layout,
    model::{Panel, Target, Thresholds},
    query::{self, RATE_INTERVAL},
    topic::Topic,
};

/// A panel for each alert that is about numbers of the service's own: the value, the threshold, the runbook.
pub(crate) fn own(layout: &mut Layout<'_>) {
    let context = layout.context();
    let own = context.service.alerts.iter().filter(|alert| Topic::of(context.service, alert).is_none());
    let panels: Vec<_> = own.filter_map(|alert| panel(context, alert)).collect();
    if panels.is_empty() {
        return;
    }
    layout.row("Watched numbers", Topic::Traffic);
    let mut panels = panels.into_iter().peekable();
    while panels.peek().is_some() {
        layout.line(8, panels.by_ref().take(3).collect::<Vec<_>>());
    }
}

fn panel(context: &Context<'_>, alert: &AlertRule) -> Option<Panel> {
    let value = value(context, alert.condition())?;
    let threshold = match alert.condition().comparison()? {
        Comparison::Above(threshold) => Thresholds::above(threshold),
        Comparison::Below(threshold) => Thresholds::below(threshold),
    };
    let description = format!("The number that the alert {} watches: {}.", alert.name(), alert.message());
    let mut panel = Panel::time_series("short")
        .about(context.title(alert.name()), description)
        .thresholds(threshold)
        .target(Target::prometheus(query::text(&value), ""));
    panel.links.extend(context.runbook(alert));
    Some(panel)
}

fn value(context: &Context<'_>, condition: &Condition) -> Option<Expr> {
    let source = &context.source;
    Some(match condition {
        Condition::Gauge { selector, by, .. } => {
            let value = Expr::instant(&source.select(selector.clone()));
            match by {
                Some(by) => value / Expr::instant(&source.select(by.clone())).above_zero(),
                None => value,
            }
        }
        Condition::Ratio { of, by, .. } => {
            source.tally(of).rate(RATE_INTERVAL) / source.tally(by).rate(RATE_INTERVAL).above_zero()
        }
        Condition::Increase { selector, window, .. } => Expr::increase(&source.select(selector.clone()), *window).sum(),
        _ => return None,
    })
}
