//! Answers as rows of text, the same on a terminal, in `obs top` and for assistants.

mod alerts;
mod difference;
mod endpoints;
mod errors;
mod lines;
mod records;
mod running;
mod trace;

#[cfg(test)]
mod tests;

pub(crate) use alerts::{alerts, firing, slos};
pub(crate) use difference::difference;
pub(crate) use endpoints::{ServiceRow, endpoint, endpoints, saturation, totals};
pub(crate) use errors::errors;
pub(crate) use lines::line;
pub(crate) use records::records;
pub(crate) use running::running;
pub(crate) use trace::trace;

use crate::{
    model::LeftOut,
    text::{Piece, Row, Tone, shown},
};

/// What is missing in an answer.
pub(crate) fn left_out(left_out: &[LeftOut]) -> Vec<Row> {
    let row = |left: &LeftOut| {
        let count = left.count.map(|count| format!("{count} ")).unwrap_or_default();
        let text = format!("left out: {count}{}: {}", shown(&left.what), shown(&left.why));
        vec![Piece::new(text, Tone::Warning)]
    };
    left_out.iter().map(row).collect()
}

fn note(text: impl Into<String>) -> Row {
    vec![Piece::new(text, Tone::Faint)]
}

fn heading(text: impl Into<String>) -> Row {
    vec![Piece::new(text, Tone::Strong)]
}

/// Method and route; the name of a job.
fn route(method: &str, endpoint: &str) -> String {
    match (method, endpoint) {
        ("", "") => "job".to_owned(),
        ("", endpoint) => shown(endpoint).into_owned(),
        (method, endpoint) => format!("{} {}", shown(method), shown(endpoint)),
    }
}

fn id(id: &str) -> Piece {
    Piece::new(shown(id), Tone::Accent)
}
