//! One trace, from the log lines of all services that it passed.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The lines of one trace, in the order of time.
#[derive(Debug, Serialize)]
pub(super) struct Trace {
    pub(super) trace_id: String,
    /// As they were written.
    pub(super) lines: Vec<Box<RawValue>>,
}

/// What there is to know of a line.
#[derive(Deserialize)]
struct Keys {
    timestamp: String,
    service: String,
    trace_id: Option<String>,
}

/// The lines of one trace, while they are gathered.
#[derive(Default)]
struct Gathered {
    services: BTreeSet<String>,
    /// Timestamp and line.
    lines: Vec<(String, Box<RawValue>)>,
}

/// The trace that passed the most services; of several, the one that began first.
pub(super) fn longest<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Trace> {
    let mut traces: HashMap<String, Gathered> = HashMap::new();
    for line in lines {
        let Ok(Keys {
            timestamp,
            service,
            trace_id: Some(trace_id),
        }) = serde_json::from_str(line)
        else {
            continue;
        };
        let Ok(line) = RawValue::from_string(line.to_owned()) else {
            continue;
        };
        let trace = traces.entry(trace_id).or_default();
        trace.services.insert(service);
        trace.lines.push((timestamp, line));
    }
    // Timestamps of one form sort as text.
    for trace in traces.values_mut() {
        trace.lines.sort_by(|(left, _), (right, _)| left.cmp(right));
    }
    let first = |trace: &Gathered| trace.lines.first().map(|(timestamp, _)| timestamp.clone());
    let (trace_id, trace) = traces
        .into_iter()
        .min_by_key(|(_, trace)| (std::cmp::Reverse(trace.services.len()), first(trace)))?;
    Some(Trace {
        trace_id,
        lines: trace.lines.into_iter().map(|(_, line)| line).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(second: u32, service: &str, trace_id: &str) -> String {
        format!(r#"{{"timestamp":"2026-11-22T14:30:{second:02}Z","service":"{service}","trace_id":"{trace_id}"}}"#)
    }

    #[test]
    fn the_trace_through_most_services_is_shown_in_the_order_of_time() {
        let lines = [
            line(1, "storefront", "short"),
            line(5, "storefront", "long"),
            line(4, "orders", "long"),
            line(6, "storefront", "later"),
            line(7, "orders", "later"),
            r#"{"timestamp":"2026-11-22T14:30:00Z","service":"orders","message":"no request"}"#.to_owned(),
            "not a line of ours".to_owned(),
        ];
        let trace = longest(lines.iter().map(String::as_str)).unwrap();
        assert_eq!(trace.trace_id, "long");
        let shown: Vec<&str> = trace.lines.iter().map(|line| line.get()).collect();
        assert_eq!(shown, [&lines[2], &lines[1]]);
    }

    #[test]
    fn without_lines_there_is_no_trace() {
        assert!(longest(std::iter::empty()).is_none());
    }
}
