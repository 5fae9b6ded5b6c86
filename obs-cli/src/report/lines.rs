//! Log lines.

use serde_json::Value;

use crate::{
    model::{Field, Line},
    text::{Piece, Row, Tone, clock, json_line, shown},
};

/// A line in one row; with the name of its service, if several are shown.
pub(crate) fn line(line: &Line, has_service: bool) -> Row {
    let mut row = vec![
        Piece::new(clock(&line.at), Tone::Faint),
        " ".into(),
        level(&line.level),
        " ".into(),
    ];
    if has_service {
        row.push(Piece::new(format!("{} ", shown(&line.service)), Tone::Accent));
    }
    row.push(Piece::new(format!("{}: ", shown(&line.target)), Tone::Faint));
    row.push(shown(&line.message).into_owned().into());
    for Field { key, value: of } in &line.fields {
        row.push(Piece::new(format!(" {}=", shown(key)), Tone::Faint));
        row.push(value(of).into());
    }
    if let Some(trace) = &line.trace_id {
        row.push(Piece::new(format!(" trace_id={}", shown(trace)), Tone::Faint));
    }
    row
}

fn level(level: &str) -> Piece {
    let tone = match level {
        "ERROR" => Tone::Bad,
        "WARN" => Tone::Warning,
        "INFO" => Tone::Good,
        _ => Tone::Faint,
    };
    Piece::new(format!("{:5}", shown(level)), tone)
}

/// A value: words as they are, other texts in quotes.
fn value(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=']) => shown(text).into_owned(),
        other => json_line(other),
    }
}
