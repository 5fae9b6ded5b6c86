//! A trace: its waterfall, why it failed, its lines.

use std::collections::{HashMap, HashSet};

use super::{heading, id, line, note, route};
use crate::{
    model::{Span, Trace},
    text::{Bar, Piece, Row, Tone, bars, clock, duration, shown},
};

/// The waterfall of a trace, then its errors and its lines.
pub(crate) fn trace(trace: &Trace, width: usize) -> Vec<Row> {
    let has_services = trace.services.len() > 1;
    let mut rows = head(trace);
    rows.extend(bars(&spans(trace, has_services), trace.duration, width));
    if !trace.critical_path.is_empty() {
        rows.push(note("# on the critical path, = beside it"));
    }
    rows.extend(failures(trace));
    if !trace.lines.is_empty() {
        rows.push(Row::new());
        rows.push(heading("lines"));
        // The trace is the same on each of them.
        let lines = trace.lines.iter().cloned().map(|mut line| {
            line.trace_id = None;
            line
        });
        rows.extend(lines.map(|of| line(&of, has_services)));
    }
    rows
}

fn head(trace: &Trace) -> Vec<Row> {
    let services: Vec<_> = trace.services.iter().map(|service| shown(service)).collect();
    let mut row = vec![
        Piece::new("trace ", Tone::Faint),
        id(&trace.trace_id),
        format!("  {}  {}  ", clock(&trace.started), duration(Some(trace.duration))).into(),
        Piece::new(services.join(", "), Tone::Strong),
    ];
    if !trace.open.is_empty() {
        row.push(Piece::new(
            format!("  {} still running", trace.open.len()),
            Tone::Warning,
        ));
    }
    let mut rows = vec![row];
    if let Some(unaccounted) = trace.unaccounted.filter(|seconds| *seconds > 0.0) {
        let unaccounted = duration(Some(unaccounted));
        rows.push(note(format!(
            "{unaccounted} of the first span are in none of its children"
        )));
    }
    rows
}

fn spans(trace: &Trace, has_services: bool) -> Vec<Bar> {
    let critical: HashSet<&str> = trace.critical_path.iter().map(String::as_str).collect();
    let mut depths: HashMap<&str, usize> = HashMap::new();
    let mut bars = Vec::new();
    for span in &trace.spans {
        // Each span comes after its parent; one whose parent is unknown is a root.
        let parent = span.parent_id.as_deref().and_then(|parent| depths.get(parent));
        let depth = parent.map_or(0, |depth| depth.saturating_add(1));
        depths.insert(&span.span_id, depth);
        let service = if has_services {
            format!("{}: ", shown(&span.service))
        } else {
            String::new()
        };
        bars.push(Bar {
            name: format!("{service}{}", shown(&span.name)),
            depth,
            offset: span.offset,
            duration: span.duration,
            is_running: span.is_running,
            is_critical: critical.contains(span.span_id.as_str()),
            tone: if span.has_failed() { Tone::Bad } else { Tone::Plain },
            note: note_of(span),
        });
    }
    bars
}

fn note_of(span: &Span) -> String {
    let outcome = span.outcome.as_deref().filter(|outcome| *outcome != "ok");
    shown(span.error.as_deref().or(outcome).unwrap_or_default()).into_owned()
}

fn failures(trace: &Trace) -> Vec<Row> {
    let mut rows = Vec::new();
    for record in trace.records.iter().filter(|record| record.error.is_some()) {
        let route = route(&record.method, &record.endpoint);
        let status = record.status.map(|status| format!(" {status}")).unwrap_or_default();
        rows.push(Row::new());
        rows.push(heading(format!("{route} ended as {}{status}", shown(&record.outcome))));
        for (what, text) in [
            ("", &record.error_type),
            ("", &record.error),
            ("because ", &record.error_source),
        ] {
            if let Some(text) = text {
                rows.push(vec![
                    Piece::new(format!("  {what}"), Tone::Faint),
                    Piece::new(shown(text), Tone::Bad),
                ]);
            }
        }
    }
    rows
}
