//! The lines and the child spans of an entry.

use std::any::Any;

use obs_base::ids::SpanId;
use opentelemetry::KeyValue;

use super::{
    details::{Details, NewSpan},
    entry::Entry,
    line::NewLine,
    live::Live,
    span::{EndedSpan, SpanRecord, SpanStatus},
};
use crate::clock::Moment;

// === impl Entry ===

impl Entry {
    /// Adds a line.
    pub(crate) fn push_line(&self, line: &NewLine<'_>) {
        let mut live = self.live();
        if live.head.is_some() {
            live.with_details(&self.home, |details| details.push_line(line, &self.home));
        }
    }

    /// Holds a record of a line, of so many bytes.
    pub(crate) fn hold_record(&self, record: Box<dyn Any + Send>, bytes: usize) {
        let mut live = self.live();
        if live.head.is_some() {
            live.with_details(&self.home, |details| details.hold_record(record, bytes, &self.home));
        }
    }

    /// The records that are held, in order.
    pub(crate) fn take_held_records(&self) -> Vec<Box<dyn Any + Send>> {
        let mut live = self.live();
        let details = live.details.as_deref_mut();
        details.map_or_else(Vec::new, |details| details.take_records(&self.home))
    }

    /// Calls `each` with the lines that are held for a failure, in order.
    pub(crate) fn each_held_line(&self, mut each: impl FnMut(NewLine<'_>)) {
        // Copied: who writes lines may log.
        let mut held = Vec::new();
        if let Some(details) = &self.live().details {
            details.each_line(|line| {
                if line.is_held {
                    held.push((line.at, line.level, line.text.to_vec()));
                }
            });
        }
        for (at, level, text) in held {
            each(NewLine {
                at,
                level,
                is_held: true,
                text: &text,
            });
        }
    }

    /// Begins a child span; false if it is left out.
    pub(crate) fn begin_span(&self, span: NewSpan<'_>) -> bool {
        let mut live = self.live();
        live.head.is_some()
            && live.with_details(&self.home, |details| details.begin_span(span, &self.home)) == Some(true)
    }

    /// Sets an attribute of a child span that is open.
    pub(crate) fn set_span_attribute(&self, id: SpanId, attribute: &KeyValue) {
        if let Some(details) = &mut self.live().details {
            details.set_attribute(id, attribute, &self.home);
        }
    }

    /// Ends a child span.
    pub(crate) fn end_span(&self, id: SpanId, status: SpanStatus) {
        let ended = Moment::now();
        if let Some(details) = &mut self.live().details {
            details.end_span(id, status, ended, &self.home);
        }
    }

    /// Ends a child span with all that it had in the end.
    pub(crate) fn replace_span(&self, span: &EndedSpan<'_>) {
        if let Some(details) = &mut self.live().details {
            details.replace_span(span, &self.home);
        }
    }

    /// The child spans that have ended; those that are open end now.
    pub(crate) fn take_spans(&self) -> Vec<SpanRecord> {
        let mut live = self.live();
        self.end_open_spans(&mut live);
        live.details.as_deref().map(Details::spans).unwrap_or_default()
    }

    /// Ends the child spans that are open.
    pub(super) fn end_open_spans(&self, live: &mut Live) {
        if let Some(details) = &mut live.details
            && details.has_open_spans()
        {
            details.end_open_spans(Moment::now(), &self.home);
        }
    }
}
