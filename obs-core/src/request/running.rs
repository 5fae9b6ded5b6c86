//! A request that has arrived and not ended.

use std::{borrow::Cow, thread::LocalKey, time::Duration};

use super::{
    ArcOrStatic, Head, HeaderReader, Instrument, RequestHead, ResponseHead,
    arrival::Arrival,
    bytes::RequestBytes,
    completion::{MethodKind, Remaining},
    deferred_span::DeferredHead,
    grpc,
    nested::Joined,
    origin::Origin,
    scope::Scope,
    stream::StreamSlot,
};
use crate::{
    clock::Moment,
    context::RequestContext,
    failure::Failure,
    logs::RequestStart,
    metrics::InFlight,
    names::{error_type, header, value},
    pipeline::original_method,
    pool::{Pool, Pooled, SlotPool},
    recorder::Entry,
};

thread_local! {
    static POOL: SlotPool<Running> = const { Pool::new() };
}

/// A request that has not ended.
pub(super) struct Running {
    pub(super) instrument: ArcOrStatic<Instrument>,
    pub(super) started: Moment,
    /// Wall clock of the arrival, since the Unix epoch; for stamps only.
    pub(super) arrived: Duration,
    /// The method, from the closed set.
    pub(super) method: &'static str,
    /// The method as it was sent, cut, if it is not in the set.
    pub(super) method_original: Option<Box<str>>,
    pub(super) method_kind: MethodKind,
    pub(super) protocol: &'static str,
    /// Set if this is a gRPC call.
    pub(super) call: Option<grpc::Call>,
    /// The request in the metrics; `None` if this request has none.
    pub(super) in_flight: Option<InFlight>,
    /// The route's template as it is recorded; `None` if no route matched, or if nothing needs it.
    endpoint: Option<Cow<'static, str>>,
    pub(super) context: Option<RequestContext>,
    /// The data of the deferred span of an unsampled request.
    pub(super) deferred_head: DeferredHead,
    /// Whether the context's span is kept and a line is written; not for skipped routes.
    pub(super) line: Option<RequestStart>,
    pub(super) request_bytes: RequestBytes,
    pub(super) response_bytes: u64,
    pub(super) remaining: Remaining,
    /// The response head, once there was one.
    pub(super) head: Option<Answer>,
    /// The status that the framework sends for an error of the inner service.
    pub(super) error_status: Option<u16>,
    pub(super) error_type: Option<&'static str>,
    /// The `error_type` of a body that fails.
    pub(super) body_fault: &'static str,
    /// Whether the response body was polled.
    pub(super) is_body_polled: bool,
    /// Whether the metrics were recorded at the head.
    pub(super) is_stream: bool,
    pub(super) stream_slot: Option<StreamSlot>,
    /// The span of [`Options::tracing_span`](super::Options::tracing_span).
    pub(super) tracing_span: Option<Box<tracing::Span>>,
    /// Whether a call or poll of the inner service has started and not returned.
    pub(super) in_poll: bool,
    /// The panic that has gone through a call or poll, or the error that the framework knows of. Not redacted yet.
    pub(super) failure: Option<Box<Failure>>,
    /// What the observation offers while it is polled.
    pub(super) scope: Scope,
    /// The innermost layer that has joined, unless it is this one.
    pub(super) joined: Option<ArcOrStatic<Instrument>>,
    /// The index of the expectation that this request is for a page, for which no span was started.
    pub(super) expected_page: Option<usize>,
}

/// The response head, as far as it is needed at the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The time from arrival to head; `None` if nothing needs it.
    pub(super) after: Option<Duration>,
}

// === impl Running ===

impl Pooled for Running {
    #[inline]
    fn pool() -> &'static LocalKey<SlotPool<Self>> {
        &POOL
    }
}

impl Running {
    /// Creates the state of a request in `place`, since it is too large to be moved.
    pub(super) fn arrive<'a>(
        place: &mut Option<Self>,
        instrument: &ArcOrStatic<Instrument>,
        head: &RequestHead<'a>,
        headers: &'a dyn HeaderReader,
    ) {
        let started = Moment::now();
        let method = instrument.common.known_methods.label(head.method);
        let is_unknown = method == value::OTHER && !head.method.is_empty();
        let call = grpc::incoming_call(&instrument.common.grpc_methods, head, headers);
        let route = call.as_ref().map_or(head.endpoint, |(_, endpoint)| *endpoint);
        let skipped = instrument.skips(head, route, headers);
        let red = instrument.red.as_ref().filter(|_| !skipped);
        let privacy = &instrument.options.privacy;
        let origin = instrument.reads_origin().then(|| Origin::of(privacy, head, headers));
        instrument.common.pipeline.routes.in_flight_count.begin();
        let in_flight = red.map(|red| {
            let values = head.dimension_values(origin.as_ref());
            red.arrive_with(method, route.unwrap_or(value::UNMATCHED), &values)
        });
        let endpoint = match &in_flight {
            Some(in_flight) => Some(in_flight.endpoint().clone()),
            None => copied_endpoint(instrument, route),
        };
        let method_original = if is_unknown {
            Some(copied_method(head.method))
        } else {
            None
        };
        let expected_page = instrument.expected_page(method, head.path);
        // All values are there: nothing that is called may delay the moves into the place.
        let running = place.insert(Self {
            instrument: instrument.clone(),
            started,
            arrived: Duration::ZERO,
            method,
            method_original,
            method_kind: MethodKind::new(head.method),
            protocol: head.protocol.as_str(),
            in_flight,
            call: call.map(|(call, _)| call),
            endpoint,
            context: None,
            deferred_head: DeferredHead::default(),
            line: None,
            request_bytes: RequestBytes::Unknown,
            response_bytes: 0,
            remaining: Remaining::Unknown,
            head: None,
            error_status: None,
            error_type: None,
            body_fault: error_type::BODY_ERROR,
            is_body_polled: false,
            is_stream: false,
            stream_slot: None,
            tracing_span: None,
            in_poll: false,
            failure: None,
            scope: if skipped { Scope::CLOSED } else { instrument.scope },
            joined: None,
            expected_page,
        });
        if let Some(origin) = origin.filter(|_| instrument.has_context()) {
            let mut head = RequestHead {
                endpoint: route,
                ..*head
            };
            running.begin_context(instrument, &mut head, headers, &origin, skipped);
        }
    }

    // Its frame is large, and requests that have metrics alone don't come here.
    #[inline(never)]
    fn begin_context<'a>(
        &mut self,
        instrument: &Instrument,
        head: &mut RequestHead<'a>,
        headers: &'a dyn HeaderReader,
        origin: &Origin,
        skipped: bool,
    ) {
        self.arrived = self.started.since_epoch();
        let common = &headers.common();
        let has_span = instrument.options.common.traces && !skipped && self.expected_page.is_none();
        if has_span && head.authority.is_none() {
            head.authority = common.host.and_then(|host| std::str::from_utf8(host).ok());
        }
        let span = has_span.then(|| self.deferred_span_name());
        let arrival = Arrival {
            instrument,
            method: self.method,
            head,
            headers,
            common,
            origin,
            started: self.started,
            at: self.arrived,
            endpoint: (!skipped && self.expected_page.is_none()).then(|| {
                let endpoint = self.endpoint.clone();
                endpoint.unwrap_or(Cow::Borrowed(value::UNMATCHED))
            }),
        };
        let context = arrival.context(span, &mut self.deferred_head);
        self.tracing_span = instrument
            .open_tracing_span(&context, self.method, head.endpoint)
            .map(Box::new);
        if let Some(logs) = instrument
            .common
            .pipeline
            .logs
            .as_ref()
            .filter(|_| instrument.options.common.logs && !skipped)
            && logs.request_enabled(tracing::Level::ERROR)
        {
            let agent = common.user_agent.filter(|_| instrument.options.privacy.user_agent);
            self.line = Some(logs.begin_request(head.path, agent, origin.client));
        }
        self.context = Some(context);
    }

    pub(super) fn take_head(&mut self, head: &ResponseHead<'_>) {
        let is_asked_for = self.line.is_some() || self.any_layer(|layer| layer.options.on_finish.is_some());
        let now = is_asked_for.then(Moment::now);
        self.head = Some(Answer {
            status: head.status,
            after: now.map(|now| self.started.until(now)),
        });
        if let Some(entry) = self.entry() {
            entry.head(head.status, now);
        }
        self.remaining = Remaining::after_head(self.method_kind, head);
        if let Some(endpoint) = head.endpoint.filter(|endpoint| *endpoint != self.endpoint()) {
            self.rename(endpoint);
        }
        if head.status >= 500 {
            self.error_type = self.classified(head.status, head.headers);
            self.note_caught_panic();
        }
        self.take_call_head(head);
        self.capture_response_headers(head.headers);
        if let Some(slot) = self.stream_slot.take()
            && let Some(recorder) = self.stream_recorder(head.status)
        {
            slot.fill(recorder);
        }
        if !self.remaining.is_done() && self.is_stream_by_nature(head) {
            self.record_at_head();
        }
    }

    /// The router tells only now what was matched: in every signal.
    pub(super) fn rename(&mut self, endpoint: &str) {
        let metrics = self
            .joined
            .as_ref()
            .filter(|joined| joined.red.is_some())
            .unwrap_or(&self.instrument);
        self.endpoint = Some(match (&mut self.in_flight, &metrics.red) {
            (Some(in_flight), Some(red)) => {
                in_flight.rename(red, endpoint);
                in_flight.endpoint().clone()
            }
            _ => Cow::Owned(endpoint.to_owned()),
        });
        self.rename_entry();
        if let Some(span) = self.span() {
            span.update_name(self.span_name());
        }
    }

    /// A layer within has told what it calls the request: in every signal.
    pub(super) fn take_joined(&mut self, joined: Joined) {
        let is_same = joined.instrument.is_same(&self.instrument);
        if is_same && *joined.endpoint == *self.endpoint() && !joined.has_labels() {
            return;
        }
        match joined.arrive(self.method) {
            Some(in_flight) => {
                self.endpoint = Some(in_flight.endpoint().clone());
                self.in_flight = Some(in_flight);
            }
            None => self.rename(&joined.endpoint),
        }
        self.rename_entry();
        self.joined = (!is_same).then_some(joined.instrument);
        if let Some(span) = self.span() {
            span.update_name(self.span_name());
        }
    }

    /// The entry in the flight recorder, if there is one.
    #[inline]
    pub(super) fn entry(&self) -> Option<&Entry> {
        self.context.as_ref()?.parts().entry()
    }

    fn rename_entry(&self) {
        if let (Some(entry), Some(endpoint)) = (self.entry(), &self.endpoint) {
            entry.rename(endpoint.clone());
        }
    }

    /// The layers whose settings count, the innermost first.
    pub(super) fn layers(&self) -> impl Iterator<Item = &Instrument> {
        self.joined.as_deref().into_iter().chain([&*self.instrument])
    }

    /// Whether one of the layers has this setting.
    #[inline]
    pub(super) fn any_layer(&self, has: impl Fn(&Instrument) -> bool) -> bool {
        has(&self.instrument) || self.joined.as_deref().is_some_and(has)
    }

    /// The layer whose metrics the request is recorded into.
    pub(super) fn metrics(&self) -> &Instrument {
        self.joined
            .as_ref()
            .filter(|joined| joined.red.is_some())
            .unwrap_or(&self.instrument)
    }

    fn is_stream_by_nature(&self, head: &ResponseHead<'_>) -> bool {
        // A response of known size is not a stream of events.
        let may_be_events = self.remaining == Remaining::Unknown;
        (may_be_events && is_event_stream(head.headers)) || self.any_layer(|layer| layer.streams(self.endpoint()))
    }

    /// The route's template; `None` if none matched.
    pub(super) fn route(&self) -> Option<&Cow<'static, str>> {
        self.endpoint.as_ref().filter(|endpoint| **endpoint != value::UNMATCHED)
    }

    /// The route's template as it is recorded.
    pub(super) fn endpoint(&self) -> &str {
        self.endpoint.as_deref().unwrap_or(value::UNMATCHED)
    }

    pub(super) fn classified(&self, status: u16, headers: &dyn HeaderReader) -> Option<&'static str> {
        let grpc_status = self.call.as_ref().and_then(grpc::Call::sent);
        let head = Head {
            method: self.method,
            endpoint: self.endpoint(),
            status,
            grpc_status,
            headers,
        };
        let said = |layer: &Instrument| {
            layer
                .options
                .classify
                .as_ref()?
                .call(|classify| classify(&head))
                .flatten()
        };
        self.layers().find_map(said)
    }
}

// Apart from the code of all requests, as few come here.

#[inline(never)]
fn copied_endpoint(instrument: &Instrument, route: Option<&str>) -> Option<Cow<'static, str>> {
    let route = route.filter(|_| instrument.needs_endpoint())?;
    Some(Cow::Owned(route.to_owned()))
}

#[inline(never)]
fn copied_method(method: &str) -> Box<str> {
    original_method(method).into()
}

fn is_event_stream(headers: &dyn HeaderReader) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).unwrap_or_default();
    content_type
        .get(..17)
        .is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/event-stream"))
}

impl Drop for Running {
    fn drop(&mut self) {
        self.instrument.common.pipeline.routes.in_flight_count.end();
    }
}
