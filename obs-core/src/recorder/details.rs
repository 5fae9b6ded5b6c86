//! The lines and the child spans of one request, as bytes that are bounded.

use std::{any::Any, borrow::Cow, collections::VecDeque, mem, sync::Weak};

use obs_base::ids::SpanId;
use opentelemetry::{KeyValue, Value};

use super::{
    codec::{Reader, cut},
    entry::Home,
    line::{MAX_LINE, NewLine},
    memory::{clear, free, give_back, reserve, reserve_at_least, take},
    span::{ATTRIBUTE_FRAME, EndedSpan, MAX_ATTRIBUTES, MAX_TEXT, SpanRecord, SpanStatus, push_attribute},
};
use crate::clock::Moment;

/// The most lines of a request: the newest are kept.
pub(super) const MAX_LINES: usize = 64;
/// The most child spans of a request: the first to end are kept, and as many may be open.
pub(super) const MAX_SPANS: usize = 64;
/// The most bytes of the lines and spans of a request together.
pub(super) const MAX_BYTES: usize = 16 * 1_024;

/// The most buffers that are kept for further spans.
const MAX_SPARE: usize = 4;
/// The first allocation for the attributes of a span, in bytes: enough for most.
const FIRST_ATTRIBUTES: usize = 128;

/// What a request has done so far.
#[derive(Debug, Default)]
pub(super) struct Details {
    lines: Lines,
    spans: Vec<u8>,
    span_count: u16,
    open: Vec<OpenSpan>,
    /// Buffers of spans that have ended, for those to come.
    spare: [Vec<u8>; MAX_SPARE],
    /// Records of lines that are held, and their bytes.
    records: VecDeque<(Box<dyn Any + Send>, usize)>,
    record_bytes: usize,
    pub(super) left_out_lines: u32,
    pub(super) left_out_spans: u32,
}

/// Lines one after another, the oldest first.
#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
    /// Where the oldest line begins: what was before it has given way.
    start: usize,
    /// Where the newest line begins.
    last: usize,
    count: u16,
}

/// A child span that has begun.
#[derive(Debug)]
struct OpenSpan {
    id: SpanId,
    parent: Option<SpanId>,
    kind: u8,
    started: Moment,
    name: &'static str,
    /// A name that is not static.
    owned_name: Vec<u8>,
    attributes: Vec<u8>,
    left_out: u32,
}

/// A child span that begins.
pub(crate) struct NewSpan<'a> {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: u8,
    pub(crate) started: Moment,
    /// As [`push_attribute`] writes them.
    pub(crate) attributes: &'a [u8],
    /// How many attributes had no room.
    pub(crate) left_out: u32,
}

// === impl Details ===

impl Details {
    /// Adds a line; older lines give way to it.
    pub(super) fn push_line(&mut self, line: &NewLine<'_>, home: &Weak<dyn Home>) {
        let room = MAX_BYTES.saturating_sub(self.spans.len());
        if line.text.len() > MAX_LINE || line.size() > room {
            self.left_out_lines = self.left_out_lines.saturating_add(1);
            return;
        }
        while usize::from(self.lines.count) >= MAX_LINES || self.lines.used() + line.size() > room {
            self.lines.drop_oldest();
            self.left_out_lines = self.left_out_lines.saturating_add(1);
        }
        if !self.lines.push(line, home) {
            self.left_out_lines = self.left_out_lines.saturating_add(1);
        }
    }

    /// Holds a record of a line; older ones give way to it.
    pub(super) fn hold_record(&mut self, record: Box<dyn Any + Send>, bytes: usize, home: &Weak<dyn Home>) {
        let bytes = bytes + size_of::<(Box<dyn Any + Send>, usize)>();
        if bytes > MAX_BYTES {
            return;
        }
        while self.records.len() >= MAX_LINES || self.record_bytes + bytes > MAX_BYTES {
            self.drop_oldest_record(home);
        }
        if take(home, bytes) {
            self.record_bytes += bytes;
            self.records.push_back((record, bytes));
        }
    }

    fn drop_oldest_record(&mut self, home: &Weak<dyn Home>) {
        if let Some((_, bytes)) = self.records.pop_front() {
            self.record_bytes -= bytes;
            give_back(home, bytes);
        }
    }

    /// The records that are held, in order; there are none then.
    pub(super) fn take_records(&mut self, home: &Weak<dyn Home>) -> Vec<Box<dyn Any + Send>> {
        give_back(home, mem::take(&mut self.record_bytes));
        mem::take(&mut self.records)
            .into_iter()
            .map(|(record, _)| record)
            .collect()
    }

    /// Begins a span; false if there is no room for it.
    pub(super) fn begin_span(&mut self, span: NewSpan<'_>, home: &Weak<dyn Home>) -> bool {
        let has_room = self.open.len() < MAX_SPANS
            && usize::from(self.span_count) < MAX_SPANS
            && (self.open.len() < self.open.capacity() || self.reserve_open(home));
        if !has_room {
            self.left_out_spans = self.left_out_spans.saturating_add(1);
            return false;
        }
        let mut attributes = Vec::new();
        if !span.attributes.is_empty() {
            attributes = self.spare_buffer();
            if !reserve_at_least(&mut attributes, span.attributes.len(), FIRST_ATTRIBUTES, home) {
                self.keep(attributes, home);
                self.left_out_spans = self.left_out_spans.saturating_add(1);
                return false;
            }
            attributes.extend_from_slice(span.attributes);
        }
        let mut open = OpenSpan {
            id: span.id,
            parent: span.parent,
            kind: span.kind,
            started: span.started,
            name: "",
            owned_name: Vec::new(),
            attributes,
            left_out: span.left_out,
        };
        match span.name {
            Cow::Borrowed(name) => open.name = cut(name, MAX_TEXT),
            Cow::Owned(name) => {
                let name = cut(&name, MAX_TEXT).as_bytes();
                open.owned_name = self.spare_buffer();
                if reserve_at_least(&mut open.owned_name, name.len(), 0, home) {
                    open.owned_name.extend_from_slice(name);
                }
            }
        }
        self.open.push(open);
        true
    }

    /// A buffer that is empty, of a span that has ended if there is one.
    fn spare_buffer(&mut self) -> Vec<u8> {
        let spare = self.spare.iter_mut().find(|spare| spare.capacity() > 0);
        spare.map(mem::take).unwrap_or_default()
    }

    /// Keeps a buffer for further spans, or frees it.
    fn keep(&mut self, mut buffer: Vec<u8>, home: &Weak<dyn Home>) {
        clear(&mut buffer, home);
        let place = self.spare.iter_mut().find(|spare| spare.capacity() == 0);
        match place.filter(|_| buffer.capacity() > 0) {
            Some(place) => *place = buffer,
            None => free(&mut buffer, home),
        }
    }

    /// Keeps the buffers of a span that has ended.
    fn recycle(&mut self, open: OpenSpan, home: &Weak<dyn Home>) {
        self.keep(open.owned_name, home);
        self.keep(open.attributes, home);
    }

    fn reserve_open(&mut self, home: &Weak<dyn Home>) -> bool {
        let more = self.open.capacity().clamp(4, MAX_SPANS);
        let is_taken = take(home, more * size_of::<OpenSpan>());
        if is_taken {
            self.open.reserve_exact(more);
        }
        is_taken
    }

    /// Sets an attribute of a span that is open.
    pub(super) fn set_attribute(&mut self, id: SpanId, attribute: &KeyValue, home: &Weak<dyn Home>) {
        if let Some(open) = self.open.iter_mut().rev().find(|open| open.id == id) {
            open.set(attribute, home);
        }
    }

    /// Ends a span with the time since its begin, if it is open.
    pub(super) fn end_span(&mut self, id: SpanId, status: SpanStatus, ended: Moment, home: &Weak<dyn Home>) {
        let Some(index) = self.open.iter().rposition(|open| open.id == id) else {
            return;
        };
        let open = self.open.remove(index);
        let span = open.ended(status, ended);
        self.push_span(&span, home);
        self.recycle(open, home);
    }

    /// Ends a span whose begin is known, with everything that it had in the end.
    pub(super) fn replace_span(&mut self, span: &EndedSpan<'_>, home: &Weak<dyn Home>) {
        if let Some(index) = self.open.iter().rposition(|open| open.id == span.span_id) {
            let open = self.open.remove(index);
            self.recycle(open, home);
            self.push_span(span, home);
        }
    }

    fn push_span(&mut self, span: &EndedSpan<'_>, home: &Weak<dyn Home>) {
        let size = span.size();
        let room = MAX_BYTES.saturating_sub(self.spans.len() + size);
        let takes = room > 0 && usize::from(self.span_count) < MAX_SPANS;
        if !takes || !reserve(&mut self.spans, size, home) {
            self.left_out_spans = self.left_out_spans.saturating_add(1);
            return;
        }
        // Lines are many, and spans few.
        while self.lines.used() > room {
            self.lines.drop_oldest();
            self.left_out_lines = self.left_out_lines.saturating_add(1);
        }
        span.write(&mut self.spans);
        self.span_count += 1;
    }

    pub(super) fn has_open_spans(&self) -> bool {
        !self.open.is_empty()
    }

    /// Ends all spans that are open: the request has ended.
    pub(super) fn end_open_spans(&mut self, ended: Moment, home: &Weak<dyn Home>) {
        while let Some(open) = self.open.pop() {
            let span = open.ended(SpanStatus::Unset, ended);
            self.push_span(&span, home);
            self.recycle(open, home);
        }
    }

    /// The lines and the spans as they are stored, and how many they are.
    pub(super) fn stored(&self) -> [(&[u8], u16); 2] {
        let lines = self.lines.bytes.get(self.lines.start..).unwrap_or_default();
        [(lines, self.lines.count), (&self.spans, self.span_count)]
    }

    pub(super) fn each_line(&self, mut each: impl FnMut(NewLine<'_>)) {
        let [(lines, _), _] = self.stored();
        let mut reader = Reader(lines);
        while let Some(line) = NewLine::read(&mut reader) {
            each(line);
        }
    }

    pub(super) fn last_line(&self) -> Option<NewLine<'_>> {
        NewLine::read(&mut Reader(self.lines.bytes.get(self.lines.last..)?))
    }

    pub(super) fn spans(&self) -> Vec<SpanRecord> {
        let mut reader = Reader(&self.spans);
        std::iter::from_fn(|| SpanRecord::read(&mut reader)).collect()
    }

    /// The names of the spans that are open, the outermost first.
    pub(super) fn open_names(&self) -> impl Iterator<Item = &str> {
        self.open.iter().map(OpenSpan::name)
    }

    pub(super) fn clear(&mut self, home: &Weak<dyn Home>) {
        let Self {
            lines,
            spans,
            span_count,
            open,
            spare: _,
            records,
            record_bytes,
            left_out_lines,
            left_out_spans,
        } = self;
        if *record_bytes > 0 {
            *records = VecDeque::new();
            give_back(home, mem::take(record_bytes));
        }
        clear(&mut lines.bytes, home);
        (lines.start, lines.last, lines.count) = (0, 0, 0);
        clear(spans, home);
        for open in open.drain(..) {
            open.free(home);
        }
        (*span_count, *left_out_lines, *left_out_spans) = (0, 0, 0);
    }

    /// Gives all memory back.
    pub(super) fn free(&mut self, home: &Weak<dyn Home>) {
        self.clear(home);
        free(&mut self.lines.bytes, home);
        free(&mut self.spans, home);
        for spare in &mut self.spare {
            free(spare, home);
        }
        give_back(home, mem::take(&mut self.open).capacity() * size_of::<OpenSpan>());
    }
}

// === impl Lines ===

impl Lines {
    fn used(&self) -> usize {
        self.bytes.len() - self.start
    }

    fn push(&mut self, line: &NewLine<'_>, home: &Weak<dyn Home>) -> bool {
        if self.start > 0 && self.bytes.len() + line.size() > self.bytes.capacity() {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        if !reserve(&mut self.bytes, line.size(), home) {
            return false;
        }
        self.last = self.bytes.len();
        line.write(&mut self.bytes);
        self.count += 1;
        true
    }

    fn drop_oldest(&mut self) {
        let mut reader = Reader(self.bytes.get(self.start..).unwrap_or_default());
        let is_there = NewLine::read(&mut reader).is_some();
        self.start = self.bytes.len() - reader.0.len();
        self.count = if is_there { self.count.saturating_sub(1) } else { 0 };
    }
}

// === impl OpenSpan ===

impl OpenSpan {
    fn name(&self) -> &str {
        if self.owned_name.is_empty() {
            return self.name;
        }
        str::from_utf8(&self.owned_name).unwrap_or_default()
    }

    fn free(mut self, home: &Weak<dyn Home>) {
        free(&mut self.owned_name, home);
        free(&mut self.attributes, home);
    }

    fn set(&mut self, attribute: &KeyValue, home: &Weak<dyn Home>) {
        let value = match &attribute.value {
            Value::String(text) => text.as_str().len(),
            Value::Array(_) => MAX_TEXT,
            _ => size_of::<u64>(),
        };
        let size = attribute.key.as_str().len() + value + ATTRIBUTE_FRAME;
        let is_set = self.attributes.len() < MAX_ATTRIBUTES
            && reserve(&mut self.attributes, size.min(MAX_ATTRIBUTES), home)
            && push_attribute(&mut self.attributes, attribute);
        self.left_out += u32::from(!is_set);
    }

    fn ended(&self, status: SpanStatus, ended: Moment) -> EndedSpan<'_> {
        EndedSpan {
            span_id: self.id,
            parent_id: self.parent,
            name: self.name(),
            kind: self.kind,
            started: self.started.since_epoch(),
            duration: self.started.until(ended),
            status,
            attributes: &self.attributes,
            left_out: self.left_out,
        }
    }
}
