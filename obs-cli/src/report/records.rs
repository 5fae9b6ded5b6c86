//! Requests, calls and jobs that have ended.

use super::{id, route};
use crate::{
    model::RecordSummary,
    text::{Column, Piece, Row, Table, Tone, clock, duration, shown},
};

/// A table of records.
pub(crate) fn records(records: &[RecordSummary], width: usize) -> Vec<Row> {
    let mut table = Table::new(&[
        Column::word("ENDED"),
        Column::number("TIME"),
        Column::text("WHAT"),
        Column::word("OUTCOME"),
        Column::text("ERROR").rank(2),
        Column::word("TRACE").rank(1),
    ]);
    for record in records {
        let tone = tone(record);
        let status = record.status.map(|status| format!(" {status}")).unwrap_or_default();
        let error = record
            .error
            .as_deref()
            .or(record.error_type.as_deref())
            .unwrap_or_default();
        table.push(vec![
            clock(&record.ended).into(),
            duration(record.duration).into(),
            route(&record.method, &record.endpoint).into(),
            Piece::new(format!("{}{status}", shown(&record.outcome)), tone),
            Piece::new(shown(error), tone),
            id(&record.trace_id),
        ]);
    }
    table.rows(width)
}

pub(super) fn tone(record: &RecordSummary) -> Tone {
    match record.outcome.as_str() {
        "ok" => Tone::Plain,
        "client_error" | "cancelled" | "aborted" => Tone::Warning,
        _ => Tone::Bad,
    }
}
