//! The span of a request on our own pipeline: what OpenTelemetry's API asks of a span, and nothing that can be
//! done where it is sent.

use std::{borrow::Cow, cell::Cell, time::SystemTime};

use obs_otlp::HeapSize;
use opentelemetry::{
    InstrumentationScope, KeyValue,
    trace::{Event, Link, Span, SpanContext, SpanId, SpanKind, SpanRef, Status},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::{
    limited_span::{DIRECT, Keys, has_room_for_event},
    pipeline::Pipeline,
    rules::{Rules, closing_index, is_closing},
    span_head::{SpanHead, StartAttributes},
    span_name::SpanName,
    strings::interned,
};
use crate::names::attribute;

thread_local! {
    /// The attributes that the span that is ending on this thread gets at its end.
    static END: Cell<RequestEnd> = const { Cell::new(RequestEnd::NOTHING) };
}

/// The attributes that most spans of requests get at their end. Passed as one value, they need no list.
#[derive(Clone, Copy, Debug)]
struct RequestEnd {
    /// The template of the route.
    route: Option<&'static str>,
    status_code: Option<u16>,
}

/// Who a span is, and who its parent is.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) context: SpanContext,
    pub(super) parent: SpanId,
    pub(super) is_parent_remote: bool,
}

/// The span of a request. It ends when it is dropped, at the latest.
#[derive(Debug)]
pub(super) struct RequestSpan {
    context: SpanContext,
    pipeline: Pipeline,
    /// None once it has ended.
    data: Option<Data>,
}

/// The span of a request that has ended, as it waits in the queue.
#[derive(Debug)]
pub(super) struct EndedRequest {
    context: SpanContext,
    data: Data,
    end: RequestEnd,
    ended: SystemTime,
}

#[derive(Debug)]
struct Data {
    parent: SpanId,
    is_parent_remote: bool,
    name: SpanName,
    started: SystemTime,
    head: Option<SpanHead>,
    keys: Keys,
    /// Whether a text was cut.
    is_cut: bool,
    /// What many requests have none of.
    more: Option<Box<More>>,
}

#[derive(Debug, Default)]
struct More {
    attributes: Vec<KeyValue>,
    dropped_attributes: u32,
    events: SpanEvents,
    links: SpanLinks,
    status: Status,
}

/// Ends the span of a request, with the attributes of its end.
pub(super) fn end_with(span: &SpanRef<'_>, route: Option<&'static str>, status_code: Option<u16>, at: SystemTime) {
    END.set(RequestEnd { route, status_code });
    span.end_with_timestamp(at);
    END.set(RequestEnd::NOTHING);
}

// === impl RequestEnd ===

impl RequestEnd {
    const NOTHING: Self = Self {
        route: None,
        status_code: None,
    };
}

// === impl RequestSpan ===

impl RequestSpan {
    pub(super) fn start(
        pipeline: Pipeline,
        identity: Identity,
        (name, started): (SpanName, SystemTime),
        attributes: StartAttributes,
    ) -> Self {
        let Identity {
            context,
            parent,
            is_parent_remote,
        } = identity;
        let StartAttributes { mut head, mut others } = attributes;
        let rules = pipeline.rules();
        if head
            .as_ref()
            .is_some_and(|head| head.longest_text() > rules.limits.value)
        {
            // What is cut shall not wait whole.
            others = StartAttributes {
                head: head.take(),
                others,
            }
            .into_list(&rules.redactor);
        }
        let mut data = Data {
            parent,
            is_parent_remote,
            name,
            started,
            head,
            keys: Keys::of_own(&others),
            is_cut: rules.cut(&mut others),
            more: None,
        };
        if !others.is_empty() {
            data.more().attributes = others;
        }
        Self {
            context,
            pipeline,
            data: Some(data),
        }
    }
}

impl Span for RequestSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, mut attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        let Some(data) = &mut self.data else { return };
        let (rules, mut name) = (self.pipeline.rules(), name.into());
        let more = data.more.get_or_insert_default();
        if !has_room_for_event(&rules.limits, more.events.len(), &name) {
            more.events.dropped_count = more.events.dropped_count.saturating_add(1);
            return;
        }
        let mut dropped = 0;
        data.is_cut |= rules.clean_name(&mut name);
        data.is_cut |= rules.clean_list(&mut attributes, &mut dropped, rules.limits.event_attributes);
        more.events
            .events
            .push(Event::new(name, timestamp, attributes, dropped));
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        self.data.is_some()
    }

    fn set_attribute(&mut self, mut attribute: KeyValue) {
        let Some(data) = &mut self.data else { return };
        let rules = self.pipeline.rules();
        let closing = closing_index(&attribute.key);
        data.keys.add(closing);
        data.is_cut |= rules.clean_attribute(&mut attribute, closing.is_some());
        data.more().set_attribute(attribute, rules.limits.attributes);
    }

    fn set_status(&mut self, status: Status) {
        let Some(data) = &mut self.data else { return };
        let more = data.more();
        // `Ok` is final, and `Unset` changes nothing.
        if status > more.status {
            more.status = self.pipeline.rules().clean_status(status);
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(data) = &mut self.data {
            let mut name = name.into();
            data.is_cut |= self.pipeline.rules().clean_name(&mut name);
            data.name = SpanName::Given(name);
        }
    }

    fn add_link(&mut self, span_context: SpanContext, mut attributes: Vec<KeyValue>) {
        let Some(data) = &mut self.data else { return };
        let (limits, mut dropped) = (&self.pipeline.rules().limits, 0);
        data.is_cut |= self
            .pipeline
            .rules()
            .clean_list(&mut attributes, &mut dropped, limits.link_attributes);
        let links = &mut data.more().links;
        if links.len() < limits.links {
            links.links.push(Link::new(span_context, attributes, dropped));
        } else {
            links.dropped_count = links.dropped_count.saturating_add(1);
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        let Some(data) = self.data.take() else { return };
        self.pipeline.end(EndedRequest {
            context: self.context.clone(),
            data,
            end: END.replace(RequestEnd::NOTHING),
            ended: timestamp,
        });
    }
}

impl Drop for RequestSpan {
    fn drop(&mut self) {
        if self.is_recording() {
            self.end();
        }
    }
}

// === impl Data ===

impl Data {
    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }
}

// === impl More ===

impl More {
    /// Adds it; if there are many, in the place of the last one with the same key.
    fn set_attribute(&mut self, attribute: KeyValue, limit: usize) {
        let attributes = &mut self.attributes;
        if attributes.len() < DIRECT {
            attributes.push(attribute);
        } else if let Some(known) = attributes.iter_mut().rev().find(|known| known.key == attribute.key) {
            known.value = attribute.value;
        } else if attributes.len() < limit.saturating_add(DIRECT) || is_closing(&attribute.key) {
            attributes.push(attribute);
        } else {
            self.dropped_attributes = self.dropped_attributes.saturating_add(1);
        }
    }
}

// === impl EndedRequest ===

impl EndedRequest {
    /// The span as OpenTelemetry has it, within the rules.
    pub(super) fn complete(self, rules: &Rules, scope: &InstrumentationScope) -> SpanData {
        let Self {
            context,
            data,
            end: RequestEnd { route, status_code },
            ended,
        } = self;
        let More {
            attributes: set,
            dropped_attributes,
            events,
            links,
            status,
        } = data.more.map_or_else(More::default, |more| *more);
        let mut keys = data.keys;
        let mut attributes = data.head.map_or_else(Vec::new, |head| head.attributes(&rules.redactor));
        // A query can have grown.
        let mut is_cut = rules.cut(&mut attributes) | data.is_cut;
        attributes.extend(set);
        let route = route.map(|route| KeyValue::new(attribute::HTTP_ROUTE, interned(route)));
        let status_code = status_code.map(|code| KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(code)));
        for mut attribute in route.into_iter().chain(status_code) {
            keys.add(closing_index(&attribute.key));
            is_cut |= rules.clean_attribute(&mut attribute, true);
            attributes.push(attribute);
        }
        let mut span = SpanData {
            span_context: context,
            parent_span_id: data.parent,
            parent_span_is_remote: data.is_parent_remote,
            span_kind: SpanKind::Server,
            name: data.name.into_text(),
            start_time: data.started,
            end_time: ended,
            attributes,
            dropped_attributes_count: dropped_attributes,
            events,
            links,
            status,
            instrumentation_scope: scope.clone(),
        };
        rules.complete(&mut span, is_cut, keys.are_unique);
        span
    }
}

impl HeapSize for EndedRequest {
    fn heap_size(&self) -> usize {
        let Data { name, head, more, .. } = &self.data;
        let of_more = more.as_deref().map_or(0, |more| {
            size_of::<More>()
                + more.attributes.heap_size()
                + more.events.heap_size()
                + more.links.heap_size()
                + more.status.heap_size()
        });
        let route = self.end.route.map_or(0, str::len);
        name.max_len() + route + head.as_ref().map_or(0, HeapSize::heap_size) + of_more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_in_the_queue_is_little_larger_than_a_span_of_the_sdk() {
        let (ours, theirs) = (size_of::<EndedRequest>(), size_of::<SpanData>());
        assert!(ours <= theirs + 32, "{ours} bytes, and {theirs}");
    }
}
