//! Errors by kind.

use super::{heading, id, note, route};
use crate::{
    model::ErrorRow,
    text::{Column, Piece, Row, Table, Tone, ago, clock, shown},
};

/// A table of kinds of errors, then the newest example of each.
pub(crate) fn errors(errors: &[ErrorRow], now: &str, width: usize) -> Vec<Row> {
    if errors.is_empty() {
        return vec![note("no errors are kept")];
    }
    let mut table = Table::new(&[
        Column::number("COUNT"),
        Column::word("LAST").rank(1),
        Column::text("WHERE"),
        Column::text("ERROR"),
        Column::word("GROUP").rank(2),
    ]);
    for error in errors {
        table.push(vec![
            Piece::new(error.count.to_string(), Tone::Bad),
            ago(now, &error.last).into(),
            route(&error.method, &error.endpoint).into(),
            shown(text(error)).into_owned().into(),
            id(&error.fingerprint),
        ]);
    }
    let mut rows = table.rows(width);
    for error in errors {
        rows.push(Row::new());
        rows.extend(details(error, now));
    }
    rows
}

fn text(error: &ErrorRow) -> &str {
    error.error.as_deref().unwrap_or(&error.error_type)
}

fn details(error: &ErrorRow, now: &str) -> Vec<Row> {
    let mut rows = vec![heading(format!(
        "{}: {}",
        route(&error.method, &error.endpoint),
        shown(&error.error_type)
    ))];
    rows.push(vec!["  ".into(), Piece::new(shown(text(error)), Tone::Bad)]);
    if let Some(source) = &error.error_source {
        rows.push(vec![
            Piece::new("  because ", Tone::Faint),
            shown(source).into_owned().into(),
        ]);
    }
    let first = clock(&error.first);
    rows.push(note(format!(
        "  {} since {first}, last {}",
        error.count,
        ago(now, &error.last)
    )));
    rows.push(vec![
        Piece::new("  example: trace ", Tone::Faint),
        id(&error.example.trace_id),
        Piece::new(", request ", Tone::Faint),
        id(&error.example.request_id),
    ]);
    rows
}
