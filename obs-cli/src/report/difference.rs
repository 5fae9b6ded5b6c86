//! What differs between two groups of requests.

use super::{heading, note, route};
use crate::{
    model::{AttributeDifference, Difference, Window},
    text::{Column, Piece, Row, Table, Tone, clock, duration, percent, rate, shown},
};

/// Endpoints, attributes and versions, the most different first.
pub(crate) fn difference(difference: &Difference, width: usize) -> Vec<Row> {
    let is_slow = difference.mode == "slow";
    let (a, b) = if is_slow { ("slow", "rest") } else { ("now", "before") };
    let mut rows = vec![groups(difference, is_slow)];
    if difference.endpoints.is_empty() && difference.attributes.is_empty() && difference.versions.is_empty() {
        rows.push(note("no difference"));
        return rows;
    }
    if !difference.endpoints.is_empty() {
        rows.push(Row::new());
        rows.extend(endpoints(difference, width));
    }
    for (title, list) in [
        ("attributes", &difference.attributes),
        ("versions", &difference.versions),
    ] {
        if !list.is_empty() {
            rows.push(Row::new());
            rows.push(heading(format!("{title}: share of the requests, {a} and {b}")));
            rows.extend(attributes(list, width));
        }
    }
    rows
}

fn groups(difference: &Difference, is_slow: bool) -> Row {
    let span = |window: &Window| format!("{} to {}", clock(&window.from), clock(&window.to));
    if is_slow {
        let window = span(&difference.a);
        return note(format!(
            "the slowest twentieth of each endpoint against the rest, {window}"
        ));
    }
    note(format!(
        "{} (now) against {} (before)",
        span(&difference.a),
        span(&difference.b)
    ))
}

fn endpoints(difference: &Difference, width: usize) -> Vec<Row> {
    let mut table = Table::new(&[
        Column::text("ENDPOINT"),
        Column::number("RATE/s"),
        Column::number("BEFORE").rank(2),
        Column::number("ERRORS"),
        Column::number("BEFORE"),
        Column::number("P50").rank(3),
        Column::number("BEFORE").rank(3),
        Column::number("P99"),
        Column::number("BEFORE"),
    ]);
    for endpoint in &difference.endpoints {
        let (a, b) = (&endpoint.a, &endpoint.b);
        let has_more_errors = a.error_ratio.unwrap_or(0.0) > b.error_ratio.unwrap_or(0.0);
        let is_slower = matches!((a.p99, b.p99), (Some(a), Some(b)) if a > 1.5 * b);
        let tone = |is_worse| if is_worse { Tone::Bad } else { Tone::Plain };
        table.push(vec![
            route(&endpoint.method, &endpoint.endpoint).into(),
            rate(a.rate).into(),
            Piece::new(rate(b.rate), Tone::Faint),
            Piece::new(percent(a.error_ratio), tone(has_more_errors)),
            Piece::new(percent(b.error_ratio), Tone::Faint),
            duration(a.p50).into(),
            Piece::new(duration(b.p50), Tone::Faint),
            Piece::new(duration(a.p99), tone(is_slower)),
            Piece::new(duration(b.p99), Tone::Faint),
        ]);
    }
    table.rows(width)
}

fn attributes(list: &[AttributeDifference], width: usize) -> Vec<Row> {
    let mut table = Table::new(&[
        Column::text("KEY"),
        Column::text("VALUE"),
        Column::number("SHARE"),
        Column::number("BEFORE"),
        Column::number("REQUESTS").rank(1),
    ]);
    for attribute in list {
        table.push(vec![
            shown(&attribute.key).into_owned().into(),
            shown(&attribute.value).into_owned().into(),
            percent(attribute.a_share).into(),
            Piece::new(percent(attribute.b_share), Tone::Faint),
            attribute.a_count.to_string().into(),
        ]);
    }
    table.rows(width)
}
