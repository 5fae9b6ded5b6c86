//! The data of the span of an unsampled request, which is exported if the request fails or is slow.
//!
//! With [`ObsBuilder::keep_errors`](crate::ObsBuilder::keep_errors) or
//! [`keep_slower_than`](crate::ObsBuilder::keep_slower_than) an unsampled request can get its span at its end. Path,
//! query and headers are no longer available then. So their bytes are copied at arrival, into a reused buffer; they
//! become attributes only if there is a span.

use std::{
    ops::Range,
    time::{Duration, UNIX_EPOCH},
};

use opentelemetry::{Context, KeyValue, trace::TraceContextExt as _};

use super::{HeaderReader, Instrument, Outcome, RequestHead, attributes, origin::Origin, running::Running};
use crate::{
    formatting::floor_char_boundary,
    headers::TraceParent,
    names::attribute,
    pool::Pool,
    trace::{SpanHead, SpanStart, StartAttributes},
};

/// The largest number of bytes that are copied of a text.
const MAX_TEXT: usize = 16 * 1_024;

/// The head of a request, kept until its end.
#[derive(Debug, Default)]
pub(super) struct DeferredHead(Option<Box<Stored>>);

/// Boxed, so that the state of a request grows by a pointer only.
#[derive(Debug, Default)]
struct Stored {
    head: SpanHead,
    /// The method as it was sent, and headers.
    bytes: Vec<u8>,
    method: Range<usize>,
    headers: Vec<(Name, Range<usize>)>,
    parent: Option<TraceParent>,
}

/// A captured header, by its index in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Request(usize),
    Response(usize),
}

/// The stored headers, as the functions that make attributes read them.
struct Headers<'a> {
    stored: &'a Stored,
    /// The recorded headers.
    wanted: &'a [Box<str>],
    /// Their names by their numbers.
    name: fn(usize) -> Name,
}

thread_local! {
    static POOL: Pool<Box<Stored>> = const { Pool::new() };
}

// === impl DeferredHead ===

impl DeferredHead {
    /// Copies the parts of the request head that the span would have.
    pub(super) fn of(
        instrument: &Instrument,
        method: &'static str,
        head: &RequestHead<'_>,
        (headers, user_agent): (&dyn HeaderReader, Option<&[u8]>),
        origin: &Origin,
        parent: Option<TraceParent>,
    ) -> Self {
        let mut stored = Pool::take(&POOL);
        let bounded = RequestHead {
            path: cut(head.path),
            query: head.query.map(cut),
            authority: head.authority.map(cut),
            ..*head
        };
        let user_agent = user_agent.map(beginning);
        attributes::fill_head(
            &mut stored.head,
            instrument,
            method,
            &bounded,
            (headers, user_agent),
            origin,
        );
        stored.method = stored.push(head.method.as_bytes());
        for (number, wanted) in instrument.request_headers().iter().enumerate() {
            headers.for_each(wanted, &mut |value| stored.push_header(Name::Request(number), value));
        }
        stored.parent = parent;
        Self(Some(stored))
    }

    /// Copies the parts of the response head that the span would have.
    pub(super) fn add_response_headers(&mut self, instrument: &Instrument, headers: &dyn HeaderReader) {
        let Some(stored) = &mut self.0 else { return };
        for (number, wanted) in instrument.response_headers().iter().enumerate() {
            headers.for_each(wanted, &mut |value| stored.push_header(Name::Response(number), value));
        }
    }
}

impl Drop for DeferredHead {
    #[inline]
    fn drop(&mut self) {
        if let Some(stored) = self.0.take() {
            recycle(stored);
        }
    }
}

#[inline(never)]
fn recycle(mut stored: Box<Stored>) {
    stored.bytes.clear();
    stored.headers.clear();
    let bytes = stored.head.capacity()
        + stored.bytes.capacity()
        + stored.headers.capacity() * size_of::<(Name, Range<usize>)>();
    Pool::recycle(&POOL, stored, bytes);
}

fn cut(text: &str) -> &str {
    &text[..floor_char_boundary(text, MAX_TEXT)]
}

/// The text, cut between characters to the bytes that are copied.
fn beginning(text: &[u8]) -> &[u8] {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let is_start = |at: &usize| text[*at] & 0b1100_0000 != 0b1000_0000;
    let end = (MAX_TEXT.saturating_sub(3)..=MAX_TEXT)
        .rev()
        .find(is_start)
        .unwrap_or(MAX_TEXT);
    &text[..end]
}

// === impl Stored ===

impl Stored {
    fn push(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(beginning(bytes));
        start..self.bytes.len()
    }

    fn push_header(&mut self, name: Name, value: &[u8]) {
        let range = self.push(value);
        self.headers.push((name, range));
    }

    fn attributes(&self, instrument: &Instrument, method: &'static str, reason: &'static str) -> StartAttributes {
        let sent = self
            .bytes
            .get(self.method.clone())
            .and_then(|sent| std::str::from_utf8(sent).ok());
        let mut others = Vec::new();
        others.extend(attributes::unknown_method(method, sent.unwrap_or_default()));
        others.push(KeyValue::new(attribute::OBS_KEPT, reason));
        let headers = Headers {
            stored: self,
            wanted: instrument.request_headers(),
            name: Name::Request,
        };
        let wanted = (headers.wanted, &instrument.common.redactor);
        attributes::push_headers(&mut others, attribute::HTTP_REQUEST_HEADER_PREFIX, wanted, &headers);
        let headers = Headers {
            stored: self,
            wanted: instrument.response_headers(),
            name: Name::Response,
        };
        others.extend(attributes::response_headers(instrument, &headers));
        StartAttributes {
            head: Some(self.head.clone()),
            others,
        }
    }
}

// === impl Headers ===

impl HeaderReader for Headers<'_> {
    fn get(&self, _: &str) -> Option<&[u8]> {
        None
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        let Some(number) = self.wanted.iter().position(|wanted| **wanted == *name) else {
            return;
        };
        let wanted = (self.name)(number);
        for (_, range) in self.stored.headers.iter().filter(|(known, _)| *known == wanted) {
            self.stored.bytes.get(range.clone()).into_iter().for_each(&mut *each);
        }
    }
}

// === impl Running ===

impl Running {
    /// The span of an unsampled request that has failed or was slow.
    #[inline]
    pub(super) fn deferred_span(&self, outcome: Outcome, duration: Duration) -> Option<Context> {
        let stored = self.deferred_head.0.as_deref()?;
        let keep = self.instrument.common.pipeline.tracing.keep()?;
        let reason = keep.reason(outcome.is_error(), self.latency(duration), || self.p99())?;
        self.make_deferred_span(stored, reason)
    }

    #[cold]
    fn make_deferred_span(&self, stored: &Stored, reason: &'static str) -> Option<Context> {
        let context = self.context.as_ref()?;
        let endpoint = self.route().map(|route| &**route);
        let start = SpanStart {
            parent: stored.parent.as_ref(),
            tracestate: context.parts().tracestate.as_deref(),
            // What it continues, it was allowed to.
            trusted: stored
                .parent
                .as_ref()
                .is_some_and(|parent| parent.trace_id == context.trace_id()),
            route: endpoint,
            name: self.deferred_span_name(),
            start: UNIX_EPOCH + self.arrived,
        };
        let attributes = stored.attributes(&self.instrument, self.method, reason);
        let tracing = &self.instrument.common.pipeline.tracing;
        let made = tracing.record_deferred(context, start, attributes)?;
        // Set separately: attributes of the application must be redacted.
        let span = made.span();
        for attribute in context.recorded_attributes() {
            span.set_attribute(attribute);
        }
        Some(made)
    }
}

#[cfg(test)]
#[path = "deferred_span_tests.rs"]
mod tests;
