//! Spans within the [rules](super::rules), for any provider.

use std::{borrow::Cow, cell::Cell, mem, sync::Arc, time::SystemTime};

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, Span, SpanBuilder, SpanContext, Status, TraceContextExt as _, Tracer},
};
use opentelemetry_sdk::trace::{SdkTracer, Span as SdkSpan};

use super::{
    exported_span,
    limits::Limits,
    rules::{AT_START, Rules, closing_index, is_closing, to_u32},
};
use crate::{context::ProducerLinks, names::attribute, recorder::Entry};

/// The number of attributes that are passed on to our own provider at once. The SDK appends attributes with a
/// repeated key: further ones are buffered here, each key once.
pub(super) const DIRECT: usize = 64;
/// The number of obs's own attributes that are passed on at once to a provider of the application.
const DIRECT_ELSEWHERE: usize = 16;
/// The number of exception events that a span may have beyond the limit of events.
pub(super) const SPARE_EVENTS: usize = 8;

thread_local! {
    /// The data of the span that is ending on this thread that the SDK doesn't have.
    static ENDING: Cell<Option<Box<Ending>>> = const { Cell::new(None) };
    /// Whether the keys of that span's attributes are known to be unique.
    static HAS_UNIQUE_KEYS: Cell<bool> = const { Cell::new(false) };
}

/// A tracer of spans that keep to the rules.
#[derive(Clone, Debug)]
pub(crate) struct LimitedTracer {
    inner: SdkTracer,
    rules: Arc<Rules>,
}

/// A span that keeps to the rules.
#[derive(Debug)]
pub(crate) struct LimitedSpan {
    inner: SdkSpan,
    rules: Arc<Rules>,
    /// The number of attributes that were passed on.
    direct: usize,
    events: usize,
    keys: Keys,
    ending: Ending,
    /// The request that it belongs to, in the flight recorder.
    entry: Option<Arc<Entry>>,
}

/// Whether the keys of a span's attributes are unique, as far as that is known without a search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) are_unique: bool,
    /// A bit for each [closing](closing_index) key that is present, or may be.
    closing: u16,
}

/// The attributes that a span passes on to its provider when it ends.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// The attributes, each key once.
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_attributes: u32,
    pub(super) dropped_events: u32,
    pub(super) is_cut: bool,
}

/// Links the first span of a job to the producers of its messages.
fn link_producers(builder: &mut SpanBuilder, parent: &Context) {
    let Some(ProducerLinks(producers)) = parent.get() else {
        return;
    };
    // Other providers get the ids of the job as a remote parent.
    let is_first = !parent.has_active_span() || parent.span().span_context().is_remote();
    if is_first {
        let links = producers.iter().cloned().map(Link::with_context);
        builder.links.get_or_insert_default().extend(links);
    }
}

/// Takes the data of the span that is ending on this thread that the SDK doesn't have.
pub(super) fn take_ending() -> Option<Ending> {
    ENDING.try_with(Cell::take).ok().flatten().map(|ending| *ending)
}

/// Whether the keys of the span that is ending on this thread are unique, so that no search is necessary.
pub(super) fn take_has_unique_keys() -> bool {
    HAS_UNIQUE_KEYS.try_with(Cell::take).unwrap_or(false)
}

/// Whether a span with this number of events can have one more of this name; exceptions have a limit of their own.
pub(super) fn has_room_for_event(limits: &Limits, events: usize, name: &str) -> bool {
    events < limits.events || (name == attribute::EXCEPTION_EVENT && events < limits.events + SPARE_EVENTS)
}

// === impl LimitedTracer ===

impl LimitedTracer {
    pub(super) fn new(inner: SdkTracer, rules: Arc<Rules>) -> Self {
        Self { inner, rules }
    }

    pub(super) fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// A span whose attributes obs itself has made: they contain no secrets, and are only cut.
    pub(super) fn build_own(&self, mut builder: SpanBuilder, parent: &Context) -> LimitedSpan {
        let ending = self.rules.cut_builder(&mut builder);
        let keys = Keys::of_own(builder.attributes.as_deref().unwrap_or_default());
        self.build(builder, parent, ending, keys)
    }

    fn build(&self, builder: SpanBuilder, parent: &Context, ending: Ending, keys: Keys) -> LimitedSpan {
        let events = builder.events.as_ref().map_or(0, Vec::len);
        let recorded = exported_span::copied(&builder);
        let inner = self.inner.build_with_context(builder, parent);
        let entry = recorded.and_then(|recorded| exported_span::begin(&inner, recorded, parent));
        LimitedSpan {
            entry,
            inner,
            rules: Arc::clone(&self.rules),
            direct: 0,
            events,
            keys,
            ending,
        }
    }
}

impl Tracer for LimitedTracer {
    type Span = LimitedSpan;

    fn build_with_context(&self, mut builder: SpanBuilder, parent: &Context) -> LimitedSpan {
        link_producers(&mut builder, parent);
        let ending = self.rules.clean_builder(&mut builder);
        self.build(builder, parent, ending, Keys::UNKNOWN)
    }
}

// === impl LimitedSpan ===

impl LimitedSpan {
    /// Whether there is room for one more event.
    fn takes_event(&mut self, name: &str) -> bool {
        let takes = has_room_for_event(&self.rules.limits, self.events, name);
        if takes {
            self.events += 1;
        } else {
            self.ending.dropped_events = self.ending.dropped_events.saturating_add(1);
        }
        takes
    }

    /// Buffers an attribute until the end; replaces one with the same key.
    fn keep(&mut self, attribute: KeyValue) {
        let Ending {
            attributes,
            dropped_attributes,
            ..
        } = &mut self.ending;
        if let Some(known) = attributes.iter_mut().find(|known| known.key == attribute.key) {
            known.value = attribute.value;
        } else if attributes.len() < self.rules.limits.attributes || is_closing(&attribute.key) {
            attributes.push(attribute);
        } else {
            *dropped_attributes = dropped_attributes.saturating_add(1);
        }
    }

    /// Passes the buffered attributes on to a provider of the application, obs's own first.
    fn hand_on(&mut self) {
        let Ending {
            mut attributes, is_cut, ..
        } = mem::take(&mut self.ending);
        if is_cut {
            attributes.push(KeyValue::new(attribute::OBS_TRUNCATED, true));
        }
        move_closing_to_front(&mut attributes);
        self.inner.set_attributes(attributes);
    }

    /// Redacts and cuts attributes of an event or a link.
    fn clean_list(&mut self, attributes: &mut Vec<KeyValue>, limit: usize) {
        // Our own provider has the same limit, and counts what it drops.
        let limit = if self.rules.is_own { usize::MAX } else { limit };
        self.ending.is_cut |= self.rules.clean_list(attributes, &mut 0, limit);
    }

    fn is_plain(&self) -> bool {
        let Ending {
            attributes,
            dropped_attributes,
            dropped_events,
            is_cut,
        } = &self.ending;
        attributes.is_empty() && *dropped_attributes == 0 && *dropped_events == 0 && !is_cut
    }
}

impl Span for LimitedSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if !self.inner.is_recording() {
            return;
        }
        let (mut name, mut attributes) = (name.into(), attributes);
        if self.takes_event(&name) {
            self.ending.is_cut |= self.rules.clean_name(&mut name);
            self.clean_list(&mut attributes, self.rules.limits.event_attributes);
            self.inner.add_event_with_timestamp(name, timestamp, attributes);
        }
    }

    fn span_context(&self) -> &SpanContext {
        self.inner.span_context()
    }

    fn is_recording(&self) -> bool {
        self.inner.is_recording()
    }

    fn set_attribute(&mut self, mut attribute: KeyValue) {
        if !self.inner.is_recording() {
            return;
        }
        let closing = closing_index(&attribute.key);
        self.keys.add(closing);
        self.ending.is_cut |= self.rules.clean_attribute(&mut attribute, closing.is_some());
        // To another provider, attributes that can't be repeated are passed on at once, others at the end.
        let direct = match (self.rules.is_own, closing) {
            (true, _) => DIRECT,
            (false, Some(_)) => DIRECT_ELSEWHERE,
            (false, None) => 0,
        };
        if self.direct < direct {
            self.direct += 1;
            self.inner.set_attribute(attribute);
        } else {
            self.keep(attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        if self.inner.is_recording() {
            self.inner.set_status(self.rules.clean_status(status));
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        let mut name = name.into();
        self.ending.is_cut |= self.rules.clean_name(&mut name);
        self.inner.update_name(name);
    }

    fn add_link(&mut self, span_context: SpanContext, mut attributes: Vec<KeyValue>) {
        if self.inner.is_recording() {
            self.clean_list(&mut attributes, self.rules.limits.link_attributes);
            self.inner.add_link(span_context, attributes);
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        let entry = self.entry.take();
        let id = self.inner.span_context().span_id();
        exported_span::end_in(entry, id, || self.end_inner(timestamp));
    }
}

impl LimitedSpan {
    fn end_inner(&mut self, timestamp: SystemTime) {
        if !self.inner.is_recording() {
            return self.inner.end_with_timestamp(timestamp);
        }
        if self.is_plain() {
            let _ = HAS_UNIQUE_KEYS.try_with(|unique| unique.set(self.keys.are_unique));
            self.inner.end_with_timestamp(timestamp);
            take_has_unique_keys();
            return;
        }
        if !self.rules.is_own {
            self.hand_on();
            return self.inner.end_with_timestamp(timestamp);
        }
        let ending = Box::new(mem::take(&mut self.ending));
        let _ = ENDING.try_with(|slot| slot.set(Some(ending)));
        self.inner.end_with_timestamp(timestamp);
        // A provider that was shut down has not called the sampler.
        drop(take_ending());
    }
}

impl Drop for LimitedSpan {
    fn drop(&mut self) {
        if self.inner.is_recording() && (self.entry.is_some() || !self.is_plain()) {
            self.end();
        }
    }
}

// === impl Keys ===

impl Keys {
    /// The keys of a span that other code may have started.
    const UNKNOWN: Self = Self {
        are_unique: false,
        closing: 0,
    };

    /// The keys of a span that obs starts: unique, except for headers, of which two may have one name.
    pub(super) fn of_own(attributes: &[KeyValue]) -> Self {
        let headers = [
            attribute::HTTP_REQUEST_HEADER_PREFIX,
            attribute::HTTP_RESPONSE_HEADER_PREFIX,
        ];
        let is_header = |last: &KeyValue| headers.iter().any(|prefix| last.key.as_str().starts_with(prefix));
        // Headers come last.
        if attributes.last().is_some_and(is_header) {
            return Self::UNKNOWN;
        }
        Self {
            are_unique: true,
            closing: AT_START,
        }
    }

    pub(super) fn add(&mut self, closing: Option<u8>) {
        let bit = closing.map_or(0, |index| 1 << index);
        self.are_unique &= bit != 0 && self.closing & bit == 0;
        self.closing |= bit;
    }
}

/// The limits of the SDK, which are above those of the rules, so that the rules count what is dropped.
pub(super) fn sdk_limit(limit: usize) -> u32 {
    to_u32(limit.saturating_add(2 * DIRECT).max(1_024))
}
/// Moves the attributes that the end of a span may set to the front, in their order.
fn move_closing_to_front(attributes: &mut [KeyValue]) {
    let mut front = 0;
    for index in 0..attributes.len() {
        if is_closing(&attributes[index].key) {
            for place in (front..index).rev() {
                attributes.swap(place, place + 1);
            }
            front += 1;
        }
    }
}
