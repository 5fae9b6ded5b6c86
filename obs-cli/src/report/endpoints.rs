//! Rate, errors and durations by endpoint.

use super::{heading, note, records, route};
use crate::{
    model::{Endpoint, EndpointRow, Overview, Saturation, Totals},
    text::{Cell, Column, Piece, Row, Table, Tone, bytes, duration, number, percent, rate, shown},
};

/// An endpoint of one of several services.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ServiceRow {
    pub(crate) service: String,
    pub(crate) row: EndpointRow,
}

/// A table of endpoints; with the services, if there are several.
pub(crate) fn endpoints(rows: &[ServiceRow], has_services: bool, width: usize) -> Vec<Row> {
    let mut columns = vec![
        Column::text("ENDPOINT"),
        Column::number("RATE/s"),
        Column::number("ERRORS"),
        Column::number("P50").rank(2),
        Column::number("P95").rank(3),
        Column::number("P99"),
        Column::number("RUNNING").rank(1),
        Column::number("BUDGET").rank(4),
    ];
    if has_services {
        columns.insert(0, Column::text("SERVICE"));
    }
    let mut table = Table::new(&columns);
    for ServiceRow { service, row } in rows {
        let mut cells = cells(row);
        if has_services {
            cells.insert(0, shown(service).into_owned().into());
        }
        table.push(cells);
    }
    table.rows(width)
}

fn cells(row: &EndpointRow) -> Vec<Cell> {
    let is_client = row.kind == "client";
    let name = if is_client { "→ " } else { "" };
    vec![
        Piece::new(
            format!("{name}{}", route(&row.method, &row.endpoint)),
            if is_client { Tone::Faint } else { Tone::Plain },
        ),
        rate(row.rate).into(),
        Piece::new(percent(row.error_ratio), tone_of_errors(row.error_ratio)),
        duration(row.p50).into(),
        duration(row.p95).into(),
        duration(row.p99).into(),
        number(row.in_flight).into(),
        Piece::new(percent(row.budget_left), tone_of_budget(row.budget_left)),
    ]
}

fn tone_of_errors(ratio: Option<f64>) -> Tone {
    match ratio {
        Some(ratio) if ratio >= 0.01 => Tone::Bad,
        Some(ratio) if ratio > 0.0 => Tone::Warning,
        _ => Tone::Plain,
    }
}

fn tone_of_budget(left: Option<f64>) -> Tone {
    match left {
        Some(left) if left <= 0.0 => Tone::Bad,
        Some(left) if left < 0.25 => Tone::Warning,
        _ => Tone::Plain,
    }
}

/// A service in one row.
pub(crate) fn totals(service: &str, overview: &Overview) -> Row {
    let Totals {
        rate: per_second,
        error_ratio,
        in_flight,
        requests: _,
    } = overview.totals;
    let mut row = vec![
        Piece::new(shown(service), Tone::Strong),
        format!("  {}/s  ", rate(per_second)).into(),
        Piece::new(format!("{} errors", percent(error_ratio)), tone_of_errors(error_ratio)),
        format!("  {} running", number(in_flight)).into(),
    ];
    if !overview.alerts.is_empty() {
        let count = crate::outcome::count(overview.alerts.len(), "alert");
        row.push(Piece::new(format!("  {count} firing"), Tone::Bad));
    }
    let telemetry = &overview.telemetry;
    let dropped = [
        (telemetry.lines_dropped, "lines"),
        (telemetry.spans_dropped, "spans"),
        (telemetry.series_dropped, "series"),
    ];
    for (count, what) in dropped {
        if count.is_some_and(|count| count > 0.0) {
            row.push(Piece::new(format!("  {} {what} dropped", number(count)), Tone::Warning));
        }
    }
    row
}

/// What is full, as far as it has a limit.
pub(crate) fn saturation(list: &[Saturation]) -> Vec<Row> {
    let row = |of: &Saturation| {
        let limit = of.limit.filter(|limit| *limit > 0.0)?;
        let amount = |value| {
            if of.unit == "bytes" {
                bytes(value)
            } else {
                number(value)
            }
        };
        let labels: Vec<_> = of.labels.iter().map(|label| shown(&label.value)).collect();
        let tone = match of.value {
            Some(value) if value >= limit => Tone::Bad,
            Some(value) if value >= 0.8 * limit => Tone::Warning,
            _ => Tone::Plain,
        };
        let text = format!("{} of {}", amount(of.value), amount(Some(limit)));
        Some(vec![
            Piece::new(format!("{} {}: ", shown(&of.name), labels.join(" ")), Tone::Faint),
            Piece::new(text, tone),
        ])
    };
    list.iter().filter_map(row).collect()
}

/// One endpoint: its numbers, how its requests end, the slowest and the newest errors. Returns also which rows are
/// records, with their traces.
pub(crate) fn endpoint(endpoint: &Endpoint, width: usize) -> (Vec<Row>, Vec<(usize, String)>) {
    let row = ServiceRow {
        service: String::new(),
        row: endpoint.row.clone(),
    };
    let mut rows = endpoints(&[row], false, width);
    let statuses = endpoint
        .statuses
        .iter()
        .map(|status| (status.status.as_str(), status.count));
    let outcomes = endpoint
        .outcomes
        .iter()
        .map(|outcome| (outcome.outcome.as_str(), outcome.count));
    for (title, counts) in [("statuses", counts(statuses)), ("outcomes", counts(outcomes))] {
        if !counts.is_empty() {
            rows.push(vec![Piece::new(format!("{title}: "), Tone::Faint), counts.into()]);
        }
    }
    if let Some(head) = &endpoint.head {
        rows.push(note(format!(
            "time to the head of the response: p50 {}, p99 {}",
            duration(head.p50),
            duration(head.p99)
        )));
    }
    let mut traces = Vec::new();
    for (title, list) in [("slowest", &endpoint.slowest), ("failed", &endpoint.errors)] {
        if !list.is_empty() {
            rows.push(Row::new());
            rows.push(heading(title));
            // Behind the titles of the table.
            let first = rows.len() + 1;
            traces.extend(
                list.iter()
                    .enumerate()
                    .map(|(index, record)| (first + index, record.trace_id.clone())),
            );
            rows.extend(records(list, width));
        }
    }
    (rows, traces)
}

fn counts<'a>(counts: impl Iterator<Item = (&'a str, u64)>) -> String {
    let texts: Vec<_> = counts
        .map(|(what, count)| {
            let what = if what.is_empty() { "none" } else { what };
            format!("{} {count}", shown(what))
        })
        .collect();
    texts.join(", ")
}
