//! Traces as OTLP JSON.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use obs_base::calendar::rfc3339;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Opened;
use crate::model::{Span, Trace};

/// Types of OTLP JSON; keys that are not needed are not read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Export {
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResourceSpans {
    resource: Resource,
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource {
    attributes: Vec<Attribute>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ScopeSpans {
    spans: Vec<OtlpSpan>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OtlpSpan {
    trace_id: String,
    span_id: String,
    parent_span_id: String,
    name: String,
    start_time_unix_nano: Value,
    end_time_unix_nano: Value,
    attributes: Vec<Attribute>,
    events: Vec<OtlpEvent>,
    status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OtlpEvent {
    name: String,
    attributes: Vec<Attribute>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    code: Value,
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attribute {
    key: String,
    value: Value,
}

/// A span with its absolute times in nanoseconds.
struct Placed {
    span: Span,
    /// `None` if it can't be read.
    start: Option<u64>,
    end: Option<u64>,
}

/// Reads an export: one message, or one on each line as collectors write them.
///
/// # Errors
///
/// If it is not OTLP JSON.
pub(super) fn read(text: &str) -> Result<Opened, String> {
    let mut traces: BTreeMap<String, Vec<Placed>> = BTreeMap::new();
    for message in serde_json::Deserializer::from_str(text).into_iter::<Export>() {
        let export = message.map_err(|error| format!("this is not OTLP JSON with spans: {error}"))?;
        for resource in export.resource_spans {
            let service = attribute(&resource.resource.attributes, "service.name").unwrap_or_default();
            for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                let spans = traces.entry(span.trace_id.to_ascii_lowercase()).or_default();
                spans.push(span.placed(&service));
            }
        }
    }
    let traces: Vec<_> = traces.into_iter().map(|(id, spans)| trace(id, spans)).collect();
    Ok(Opened {
        rows: traces.iter().flat_map(rows).collect(),
        traces,
        notes: Vec::new(),
    })
}

fn rows(trace: &Trace) -> impl Iterator<Item = Value> + '_ {
    trace.spans.iter().map(|span| {
        json!({
            "trace_id": trace.trace_id, "service": span.service, "span_id": span.span_id, "parent_id": span.parent_id,
            "name": span.name, "offset": span.offset, "duration": span.duration, "status": span.status,
            "error": span.error,
        })
    })
}

/// The trace of these spans, each after its parent, siblings by their begin. Spans without a time lie at its begin.
fn trace(trace_id: String, mut placed: Vec<Placed>) -> Trace {
    let start = placed.iter().filter_map(|placed| placed.start).min().unwrap_or(0);
    for Placed { span, start: from, end } in &mut placed {
        let from = from.unwrap_or(start);
        span.offset = seconds(from - start);
        span.duration = seconds(end.unwrap_or(from).saturating_sub(from));
    }
    placed.sort_by_key(|placed| (placed.start.unwrap_or(start), Reverse(placed.end)));
    let end = placed.iter().filter_map(|placed| placed.end).max().unwrap_or(start);
    let services: BTreeSet<_> = placed.iter().map(|placed| placed.span.service.clone()).collect();
    Trace {
        trace_id,
        started: rfc3339(Duration::from_nanos(start)),
        duration: seconds(end.saturating_sub(start)),
        services: services.into_iter().collect(),
        spans: in_order(placed.into_iter().map(|placed| placed.span).collect()),
        ..Trace::default()
    }
}

/// Spans that are sorted by their begin, each after its parent. Circles of parents, which a file may have, are broken
/// up.
fn in_order(spans: Vec<Span>) -> Vec<Span> {
    let ids: HashSet<String> = spans.iter().map(|span| span.span_id.clone()).collect();
    let mut children: HashMap<String, Vec<usize>> = HashMap::new();
    let mut roots = Vec::new();
    for (index, span) in spans.iter().enumerate() {
        match span
            .parent_id
            .as_ref()
            .filter(|parent| ids.contains(*parent) && **parent != span.span_id)
        {
            Some(parent) => children.entry(parent.clone()).or_default().push(index),
            None => roots.push(index),
        }
    }
    let mut order = Vec::with_capacity(spans.len());
    let mut is_taken = vec![false; spans.len()];
    // Those in a circle are not below a root: they come last.
    for first in roots.into_iter().chain(0..spans.len()) {
        let mut open = vec![first];
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut is_taken[index], true) {
                continue;
            }
            order.push(index);
            let below = children.get(&spans[index].span_id);
            open.extend(below.into_iter().flatten().rev());
        }
    }
    let mut spans: Vec<_> = spans.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| spans[index].take()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "durations are shown with three digits")]
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// A number that OTLP writes as text.
fn nanos(value: &Value) -> Option<u64> {
    let of_text = || value.as_str()?.parse().ok();
    value.as_u64().or_else(of_text)
}

fn attribute(attributes: &[Attribute], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    Some(found.value["stringValue"].as_str()?.to_owned())
}

// === impl OtlpSpan ===

impl OtlpSpan {
    fn placed(self, service: &str) -> Placed {
        let (start, end) = (nanos(&self.start_time_unix_nano), nanos(&self.end_time_unix_nano));
        let is_error = self.status.is_error();
        let exception = self.events.iter().rev().find(|event| event.name == "exception");
        let of_event = exception.and_then(|event| attribute(&event.attributes, "exception.message"));
        let of_status = Some(self.status.message).filter(|message| !message.is_empty());
        let of_type = attribute(&self.attributes, "error.type");
        let error = of_event.or(of_status).or(of_type).filter(|_| is_error);
        Placed {
            span: Span {
                service: service.to_owned(),
                span_id: self.span_id.to_ascii_lowercase(),
                parent_id: Some(self.parent_span_id.to_ascii_lowercase()).filter(|parent| !parent.is_empty()),
                name: self.name,
                status: if is_error { "error" } else { "unset" }.to_owned(),
                error,
                ..Span::default()
            },
            start,
            end,
        }
    }
}

// === impl Status ===

impl Status {
    /// Its code is a number, or a name in the JSON of some exporters.
    fn is_error(&self) -> bool {
        self.code.as_u64() == Some(2) || self.code.as_str() == Some("STATUS_CODE_ERROR")
    }
}
