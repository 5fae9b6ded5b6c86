//! From an event to a line.

use std::sync::Arc;

use obs_base::ServiceInfo;
use tracing_core::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Record},
};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::{layer::Context, registry::LookupSpan};

use super::{
    client_profiled,
    constants::{ConstantSettings, Constants},
    fields::{Duplicates, FieldRules, Fields, SLACK},
    format::Style,
    ids::Ids,
    json,
    parts::{Head, MAX_IDS, MAX_LINE, MAX_TARGET, Tail},
    scratch::Scratch,
    span_fields::{MAX_SPAN_FIELDS, SpanFields},
    value::Value,
    visit::{EventVisitor, SpanVisitor},
};
use crate::{
    clock,
    context::{self, RequestContext},
    names::log,
    redact::Redactor,
};

/// The target that the `log` bridge gives to events; the record's own is in a field.
pub(super) const LOG_BRIDGE_TARGET: &str = "log";
/// Room for punctuation, the mark of truncated lines, and what fields pass their limit by.
const MARGIN: usize = 256 + 2 * SLACK;

/// Makes lines.
#[derive(Debug)]
pub(super) struct Encoder {
    pub(super) style: Style,
    /// What says on every line where it is from.
    pub(super) service: Vec<u8>,
    /// What follows the message of a request's line.
    pub(super) request_part: Vec<u8>,
    pub(super) redactor: Arc<Redactor>,
    /// Fields that every line has.
    pub(super) constants: Constants,
    /// The project of Google Cloud that traces belong to.
    project: Option<String>,
    /// How many bytes the line up to its message, the message and the fields may have together.
    room: usize,
}

// === impl Encoder ===

impl Encoder {
    pub(super) fn new(
        style: Style,
        service: &ServiceInfo,
        redactor: Arc<Redactor>,
        constants: &ConstantSettings,
        project: Option<String>,
    ) -> Self {
        let rules = FieldRules {
            style,
            redactor: &redactor,
        };
        let constants = constants.written(service, rules);
        let service = match style {
            Style::Json | Style::Pretty { .. } => json::service_part(service),
            Style::Profiled(profiled) => profiled.service_part(service),
        };
        let room = MAX_LINE - MAX_TARGET - MAX_IDS - MARGIN - service.len() - constants.len();
        let request_part = json::request_part(&service);
        Self {
            style,
            service,
            request_part,
            redactor,
            constants,
            project,
            room,
        }
    }

    /// How many bytes the fields of a line may have that has its message.
    pub(super) fn field_room(&self, line: &[u8]) -> usize {
        self.room.saturating_sub(line.len())
    }

    pub(super) fn push_ids(&self, out: &mut Vec<u8>, ids: Ids<'_>) {
        self.style.push_ids(out, ids, self.project.as_deref());
    }

    pub(super) fn rules(&self) -> FieldRules<'_> {
        FieldRules {
            style: self.style,
            redactor: &self.redactor,
        }
    }

    /// Writes the line of an event to `scratch.line`, with the fields that the layer of this number has of spans; returns
    /// its level. A line that is held says so.
    pub(super) fn encode_event<S>(
        &self,
        scratch: &mut Scratch,
        event: &Event<'_>,
        context: &Context<'_, S>,
        (layer, is_held): (u64, bool),
    ) -> Level
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let from_log = event.metadata().target() == LOG_BRIDGE_TARGET;
        let normalized = if from_log { event.normalized_metadata() } else { None };
        let metadata: &Metadata<'_> = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let head = Head {
            at: clock::unix_now(),
            level: *metadata.level(),
            target: metadata.target(),
        };

        scratch.at = head.at;
        self.style.open(&mut scratch.line, &mut scratch.stamp, head);
        self.record_event(scratch, event, normalized.is_some());
        let event_end = scratch.fields.len();
        self.add_request(scratch, head.target);
        let context_end = scratch.fields.len();
        self.add_spans(scratch, event, context, layer);
        self.add_constants(&mut scratch.fields, self.field_room(&scratch.line));
        if is_held {
            // Beyond the room of others: it is a few bytes.
            let limit = scratch.fields.len() + SLACK;
            let held = Value::Bool(true);
            scratch
                .fields
                .put(self.rules(), log::HELD, held, limit, Duplicates::LastWins);
        }
        self.close(scratch, head.target, event_end, context_end);
        head.level
    }

    /// Writes the message to the line and the other fields to theirs.
    fn record_event(&self, scratch: &mut Scratch, event: &Event<'_>, from_log: bool) {
        let message_start = scratch.line.len();
        let (line, fields) = (&mut scratch.line, &mut scratch.fields);
        let visitor = EventVisitor {
            rules: self.rules(),
            line,
            fields,
            message_start,
            room: self.room,
            from_log,
        };
        match self.style {
            Style::Profiled(profiled) if client_profiled::is_client(event.metadata()) => {
                client_profiled::record(profiled.profile, visitor, event);
            }
            _ => event.record(&mut { visitor }),
        }
    }

    /// Adds the ids, and the fields of the request context whose keys the event has not taken.
    fn add_request(&self, scratch: &mut Scratch, target: &str) {
        let limit = self.field_room(&scratch.line);
        let within = context::with_current(|request| {
            self.push_ids(&mut scratch.ids, Ids::within_request(request, target));
            self.add_context_fields(&mut scratch.fields, request, limit);
        });
        if within.is_none()
            && let Some(ids) = Ids::outside_requests(target)
        {
            self.push_ids(&mut scratch.ids, ids);
        }
    }

    /// Adds the fields of a request context whose keys are not taken.
    pub(super) fn add_context_fields(&self, fields: &mut Fields, request: &RequestContext, limit: usize) {
        request.with_fields(|context| {
            for (key, value) in context {
                fields.put(self.rules(), key, Value::from(value), limit, Duplicates::FirstWins);
            }
        });
    }

    /// Adds the fields of the spans that the event is in, from the inside out.
    fn add_spans<S>(&self, scratch: &mut Scratch, event: &Event<'_>, context: &Context<'_, S>, layer: u64)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let Some(scope) = context.event_scope(event) else {
            return;
        };
        let limit = self.field_room(&scratch.line);
        for span in scope {
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<SpanFields>().and_then(|fields| fields.of(layer)) {
                scratch.fields.append(fields, limit);
            }
        }
    }

    /// Adds the constant fields whose keys are not taken. People at a terminal know their service.
    #[inline]
    pub(super) fn add_constants(&self, fields: &mut Fields, limit: usize) {
        if self.style.is_for_machines() {
            self.constants.append_to(fields, limit);
        }
    }

    fn close(&self, scratch: &mut Scratch, target: &str, event_end: usize, context_end: usize) {
        let fields = scratch.fields.as_bytes();
        let (event, rest) = fields.split_at(event_end);
        let (context, spans) = rest.split_at(context_end - event_end);
        let truncated = scratch.fields.is_truncated();
        let tail = Tail {
            target,
            service: &self.service,
            ids: &scratch.ids,
            context,
            event,
            spans,
            truncated,
        };
        self.style.close(&mut scratch.line, tail);
    }

    /// Writes the fields of a new span.
    pub(super) fn encode_span(&self, fields: &mut Fields, attributes: &Attributes<'_>) {
        attributes.record(&mut self.span_visitor(fields));
    }

    /// Writes fields that a span is given later.
    pub(super) fn encode_record(&self, fields: &mut Fields, record: &Record<'_>) {
        record.record(&mut self.span_visitor(fields));
    }

    fn span_visitor<'a>(&'a self, fields: &'a mut Fields) -> SpanVisitor<'a> {
        SpanVisitor {
            rules: self.rules(),
            fields,
            room: MAX_SPAN_FIELDS,
        }
    }
}
