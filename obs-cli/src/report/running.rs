//! What runs.

use super::{id, line, note, route};
use crate::{
    model::{Running, RunningList},
    text::{Column, Piece, Row, Table, Tone, duration, shown},
};

/// What runs, the stuck first.
pub(crate) fn running(list: &RunningList, width: usize) -> Vec<Row> {
    if list.running.is_empty() {
        return vec![note("nothing is running")];
    }
    let mut table = Table::new(&[
        Column::number("AGE"),
        Column::number("P99").rank(3),
        Column::text("WHAT"),
        Column::word("PHASE").rank(4),
        Column::text("IN").rank(1),
        Column::word("TRACE").rank(2),
    ]);
    for running in &list.running {
        let tone = if running.stuck { Tone::Bad } else { Tone::Plain };
        table.push(vec![
            Piece::new(duration(running.age), tone),
            duration(running.p99).into(),
            Piece::new(what(running), tone),
            phase(running).into(),
            shown(running.open_spans.last().map_or("", String::as_str))
                .into_owned()
                .into(),
            id(&running.trace_id),
        ]);
    }
    let mut rows = table.rows(width);
    let stuck = list.running.iter().filter(|running| running.stuck);
    for running in stuck {
        if let Some(last) = &running.last_line {
            let mut row = vec![Piece::new(format!("last line of {}: ", what(running)), Tone::Faint)];
            row.extend(line(last, false));
            rows.push(row);
        }
    }
    rows.push(note(format!("{} running, {} stuck", list.total, list.stuck)));
    rows
}

fn what(running: &Running) -> String {
    let route = route(&running.method, &running.endpoint);
    match running.kind.as_str() {
        "call" => format!("→ {route}"),
        "upgrade" => format!("{route} (upgraded)"),
        _ => route,
    }
}

fn phase(running: &Running) -> String {
    let phase = shown(&running.phase);
    match (running.status, running.since_poll) {
        (Some(status), _) => format!("{phase} {status}"),
        (None, Some(idle)) if idle >= 1.0 => format!("{phase} {}", duration(Some(idle))),
        _ => phase.into_owned(),
    }
}
