//! Alerts and objectives.

use super::{heading, note};
use crate::{
    model::{AlertRow, Alerts, SloBudget},
    text::{Column, Piece, Row, Table, Tone, ago, number, percent, shown},
};

/// The alerts that are pending or firing with their runbooks, and past ones.
pub(crate) fn alerts(alerts: &Alerts, now: &str) -> Vec<Row> {
    if !alerts.available {
        return vec![note("the service evaluates no alerts itself")];
    }
    if alerts.alerts.is_empty() && alerts.past.is_empty() {
        return vec![note("no alert is pending or firing")];
    }
    let mut rows: Vec<_> = alerts.alerts.iter().flat_map(|alert| firing(alert, now)).collect();
    if !alerts.past.is_empty() {
        rows.push(heading("past"));
        rows.extend(alerts.past.iter().map(|alert| first_row(alert, now)));
    }
    rows
}

/// One alert, with what to do.
pub(crate) fn firing(alert: &AlertRow, now: &str) -> Vec<Row> {
    let mut rows = vec![first_row(alert, now)];
    let labels: Vec<_> = alert
        .labels
        .iter()
        .map(|label| format!("{}={}", shown(&label.key), shown(&label.value)))
        .collect();
    if !labels.is_empty() {
        rows.push(note(format!("  {}", labels.join(" "))));
    }
    for text in [&alert.description, &alert.runbook].into_iter().flatten() {
        rows.extend(text.lines().map(|line| vec![format!("  {}", shown(line)).into()]));
    }
    if let Some(url) = &alert.runbook_url {
        rows.push(vec![
            Piece::new("  runbook: ", Tone::Faint),
            Piece::new(shown(url), Tone::Accent),
        ]);
    }
    rows
}

fn first_row(alert: &AlertRow, now: &str) -> Row {
    let tone = match (alert.state.as_str(), alert.severity.as_str()) {
        ("firing", "critical") => Tone::Bad,
        ("firing" | "pending", _) => Tone::Warning,
        _ => Tone::Plain,
    };
    vec![
        Piece::new(format!("{} {}", shown(&alert.state), shown(&alert.name)), tone),
        Piece::new(
            format!(" ({}, {})", shown(&alert.severity), ago(now, &alert.since)),
            Tone::Faint,
        ),
        format!(" {}", shown(&alert.summary)).into(),
        Piece::new(format!(" [{}]", number(alert.value)), Tone::Faint),
    ]
}

/// Objectives with their budgets.
pub(crate) fn slos(slos: &[SloBudget], width: usize) -> Vec<Row> {
    if slos.is_empty() {
        return vec![note("the service has no objectives")];
    }
    let mut table = Table::new(&[
        Column::text("OBJECTIVE"),
        Column::number("GOAL"),
        Column::word("WINDOW").rank(2),
        Column::number("BAD"),
        Column::number("BUDGET LEFT"),
        Column::text("BURN RATE").rank(1),
    ]);
    for slo in slos {
        let tone = match slo.budget_left {
            Some(left) if left <= 0.0 => Tone::Bad,
            Some(left) if left < 0.25 => Tone::Warning,
            _ => Tone::Good,
        };
        let burn = slo
            .burn_rates
            .iter()
            .map(|burn| format!("{} over {}", number(burn.rate), shown(&burn.window)));
        table.push(vec![
            shown(&slo.name).into_owned().into(),
            goal(slo.objective).into(),
            shown(&slo.window).into_owned().into(),
            percent(slo.error_ratio).into(),
            Piece::new(percent(slo.budget_left), tone),
            burn.collect::<Vec<_>>().join(", ").into(),
        ]);
    }
    table.rows(width)
}

/// An objective without rounding: 99.95 % is not 100 %.
fn goal(objective: Option<f64>) -> String {
    match objective.filter(|objective| objective.is_finite()) {
        Some(objective) => {
            let text = format!("{:.4}", objective * 100.0);
            format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
        }
        None => "-".to_owned(),
    }
}
