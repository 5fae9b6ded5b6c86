//! Spans and lines of other services, which report here.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    filter::Cell,
    filterable::scalar,
    types::{Line, Scalar, Span},
};

/// The most bytes of what all services have sent, unless the intake sets another number.
const MAX_BYTES: usize = 8 << 20;
/// The most services; what further ones send is refused.
const MAX_SERVICES: usize = 64;

/// What other services have sent: the newest spans and lines, within a fixed number of bytes. If there are too many, the
/// oldest of the service with the most bytes gives way, so that no service pushes out the others.
#[derive(Debug, Default)]
pub struct Foreign(Mutex<Services>);

/// A span that another service has sent.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignSpan {
    /// Its trace, 32 lower-case hexadecimal digits.
    pub trace_id: String,
    /// The span; `offset`, `self_time`, `is_record` and `is_running` are of no matter.
    pub span: Span,
}

#[derive(Debug, Default)]
struct Services {
    by_name: HashMap<String, Held>,
    bytes: usize,
    limit: Option<usize>,
    refused: u64,
    given_way: u64,
}

/// What one service has sent, the oldest first.
#[derive(Debug, Default)]
struct Held {
    items: VecDeque<(Item, usize)>,
    bytes: usize,
}

#[derive(Debug)]
enum Item {
    Span(Box<ForeignSpan>),
    Line(Box<Line>),
}

// === impl Foreign ===

impl Foreign {
    /// Sets the most bytes. Defaults to 8 MiB.
    pub fn set_limit(&self, bytes: usize) {
        let mut services = self.services();
        services.limit = Some(bytes);
        services.make_room();
    }

    /// Takes a span, whose texts were redacted; false if it is refused.
    pub fn add_span(&self, span: ForeignSpan) -> bool {
        let (service, size) = (span.span.service.clone(), span_size(&span));
        self.services().push(service, Item::Span(Box::new(span)), size)
    }

    /// Takes a line, whose texts were redacted; false if it is refused.
    pub fn add_line(&self, line: Line) -> bool {
        let (service, size) = (line.service.clone(), line_size(&line));
        self.services().push(service, Item::Line(Box::new(line)), size)
    }

    /// The bytes that are held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.services().bytes
    }

    /// How many items have given way, and how many were refused.
    #[must_use]
    pub fn lost(&self) -> (u64, u64) {
        let services = self.services();
        (services.given_way, services.refused)
    }

    /// The spans of a trace.
    pub(crate) fn spans(&self, trace_id: &str) -> Vec<Span> {
        self.read(|item| match item {
            Item::Span(span) if span.trace_id == trace_id => Some(span.span.clone()),
            _ => None,
        })
    }

    /// The lines that are wanted.
    pub(crate) fn lines(&self, mut wants: impl FnMut(&Line) -> bool) -> Vec<Line> {
        self.read(|item| match item {
            Item::Line(line) if wants(line) => Some((**line).clone()),
            _ => None,
        })
    }

    fn read<T>(&self, mut read: impl FnMut(&Item) -> Option<T>) -> Vec<T> {
        let services = self.services();
        let items = services.by_name.values().flat_map(|held| &held.items);
        items.filter_map(|(item, _)| read(item)).collect()
    }

    fn services(&self) -> MutexGuard<'_, Services> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Services ===

impl Services {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(MAX_BYTES)
    }

    fn push(&mut self, service: String, item: Item, size: usize) -> bool {
        let is_known = self.by_name.contains_key(&service);
        // One item has an eighth at most: a single one can't push out all others.
        if size > self.limit() / 8 || (!is_known && self.by_name.len() == MAX_SERVICES) {
            self.refused += 1;
            return false;
        }
        let held = self.by_name.entry(service).or_default();
        held.items.push_back((item, size));
        held.bytes += size;
        self.bytes += size;
        self.make_room();
        true
    }

    fn make_room(&mut self) {
        while self.bytes > self.limit() {
            let Some(largest) = self.by_name.values_mut().max_by_key(|held| held.bytes) else {
                return;
            };
            let Some((_, size)) = largest.items.pop_front() else {
                return;
            };
            largest.bytes -= size;
            self.bytes -= size;
            self.given_way += 1;
        }
        self.by_name.retain(|_, held| !held.items.is_empty());
    }
}

fn scalar_size(value: &Scalar) -> usize {
    match scalar(value) {
        Cell::Text(text) => text.len(),
        _ => 0,
    }
}

fn span_size(span: &ForeignSpan) -> usize {
    let ForeignSpan { trace_id, span } = span;
    let events = span.events.iter().flat_map(|event| &event.attributes);
    let attributes = span.attributes.iter().chain(events);
    let attributes: usize = attributes
        .map(|field| 64 + field.key.len() + scalar_size(&field.value))
        .sum();
    let names: usize = span.events.iter().map(|event| 64 + event.name.len()).sum();
    let texts = [&span.service, &span.name, &span.span_id, trace_id];
    let texts = texts.iter().map(|text| text.len()).sum::<usize>();
    let error = span.error.as_ref().map_or(0, String::len);
    size_of::<ForeignSpan>() + 64 + attributes + names + texts + error
}

fn line_size(line: &Line) -> usize {
    let fields = line
        .fields
        .iter()
        .map(|field| 64 + field.key.len() + scalar_size(&field.value));
    let texts = [&line.service, &line.target, &line.message, &line.text];
    let texts = texts.iter().map(|text| text.len()).sum::<usize>();
    size_of::<Line>() + 160 + fields.sum::<usize>() + texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::types::{Level, SpanStatus, Time};

    fn span(service: &str, name: String) -> ForeignSpan {
        let span = Span {
            service: service.to_owned(),
            span_id: "00f067aa0ba902b7".to_owned(),
            parent_id: None,
            name,
            kind: "server".to_owned(),
            started: Time::default(),
            offset: 0.0,
            duration: 1.0,
            self_time: 0.0,
            status: SpanStatus::Unset,
            outcome: None,
            error: None,
            attributes: Vec::new(),
            left_out_attributes: 0,
            events: Vec::new(),
            is_record: false,
            is_running: false,
        };
        ForeignSpan {
            trace_id: "t".to_owned(),
            span,
        }
    }

    #[test]
    fn a_chatty_service_pushes_out_its_own_items_alone() {
        let foreign = Foreign::default();
        foreign.set_limit(100_000);
        assert!(foreign.add_span(span("quiet", "once".to_owned())));
        for at in 0..1_000 {
            assert!(foreign.add_span(span("chatty", format!("{at}"))));
        }
        assert!(foreign.bytes() <= 100_000);
        let spans = foreign.spans("t");
        assert!(spans.iter().any(|span| span.service == "quiet"));
        assert!(spans.iter().any(|span| span.name == "999") && !spans.iter().any(|span| span.name == "0"));
        assert!(foreign.lost().0 > 700);
    }

    #[test]
    fn what_is_too_large_or_of_too_many_services_is_refused() {
        let foreign = Foreign::default();
        assert!(!foreign.add_span(span("a", "x".repeat(2 << 20))));
        for at in 0..100 {
            foreign.add_span(span(&format!("s{at}"), String::new()));
        }
        assert_eq!(foreign.lost(), (0, 1 + 36));
    }

    #[test]
    fn lines_are_found() {
        let foreign = Foreign::default();
        let line = Line {
            seq: None,
            at: Time::default(),
            level: Level::Warn,
            service: "a".to_owned(),
            target: String::new(),
            message: "hello".to_owned(),
            fields: Vec::new(),
            request_id: None,
            trace_id: None,
            span_id: None,
            held: false,
            text: String::new(),
        };
        assert!(foreign.add_line(line.clone()));
        assert_eq!(foreign.lines(|line| line.message == "hello"), [line]);
        assert!(foreign.lines(|_| false).is_empty() && foreign.spans("t").is_empty());
    }
}
