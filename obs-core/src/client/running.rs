//! The state of an attempt that has not ended.

use std::{borrow::Cow, sync::Arc, thread::LocalKey, time::Duration};

use super::{
    ClientInstrument, ClientRequest, ClientResponse, Outcome, attributes,
    instrument::Labels,
    red::InFlight,
    span::{Attempt, span_name},
};
use crate::{
    clock::Moment,
    failure::Failure,
    names::value,
    pipeline::original_method,
    pool::{Pool, Pooled, SlotPool},
    recorder::EntryRef,
    request::{
        GrpcStatus, HeaderReader, MethodKind, Remaining,
        grpc::{self, Call},
    },
    trace::http_span_name,
};

thread_local! {
    static POOL: SlotPool<Running> = const { Pool::new() };
}

/// The state of an attempt that has not ended.
pub(super) struct Running {
    pub(super) instrument: Arc<ClientInstrument>,
    pub(super) started: Moment,
    /// A known method, or `_OTHER`.
    pub(super) method: &'static str,
    /// The method as it was sent, cut, if it is not a known one.
    pub(super) method_original: Option<Box<str>>,
    /// The in-flight guard, with the series of the attempt; `None` if metrics are off.
    pub(super) in_flight: Option<InFlight>,
    /// Host and target, if the log line or the hook needs them.
    pub(super) names: Option<(Box<str>, Box<str>)>,
    /// Set if this is a gRPC call.
    pub(super) call: Option<Call>,
    /// The gRPC method, or the target that the user has set for it, if one is known.
    pub(super) call_method: Option<Box<str>>,
    /// The response head of an attempt that ends with its body.
    pub(super) head: Option<Head>,
    /// The status that the adapter has reported for a gRPC call without a response.
    pub(super) error_status: Option<GrpcStatus>,
    pub(super) method_kind: MethodKind,
    pub(super) remaining: Remaining,
    /// Bytes of the response body, if the attempt awaits it.
    pub(super) response_bytes: u64,
    pub(super) attempt: Attempt,
    pub(super) resend_count: u32,
    pub(super) request_bytes: Option<u64>,
    /// The error behind a failure, redacted.
    pub(super) failure: Option<Box<Failure>>,
    /// Whether a call or poll of the client has started and not returned.
    pub(super) in_poll: bool,
    /// The attempt in the flight recorder.
    pub(super) entry: Option<EntryRef>,
}

/// The response head of an attempt whose body has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    /// The time from start to head, if that is the duration of the attempt; `None` for a gRPC call, which lasts to its
    /// end.
    pub(super) after: Option<Duration>,
    pub(super) body_bytes: Option<u64>,
}

/// The result of an attempt.
pub(super) struct Answer<'a> {
    pub(super) status: Option<u16>,
    pub(super) outcome: Outcome,
    /// The type of an error that is not the status.
    pub(super) error_type: Option<&'static str>,
    pub(super) duration: Duration,
    pub(super) response: Option<&'a ClientResponse<'a>>,
}

// === impl Running ===

impl Running {
    /// Starts an attempt: its gauge, its span and its duration.
    pub(super) fn start(
        instrument: &Arc<ClientInstrument>,
        request: &ClientRequest<'_>,
        headers: &dyn HeaderReader,
    ) -> Self {
        let started = Moment::now();
        let method = instrument.common.known_methods.label(request.method);
        let is_unknown = method == value::OTHER && !request.method.is_empty();
        let mut labels = instrument.labels(request);
        let call = call_of(instrument, request, &mut labels, headers);
        let Labels { url: _, host, target } = &labels;
        let in_flight = instrument
            .red
            .as_ref()
            .map(|red| red.arrive(method, &labels, request.labels));
        let call_method = (call.is_some() && !target.is_empty()).then(|| Box::from(&**target));
        let name = || match (&call, &in_flight) {
            (Some(_), _) => grpc::span_name(call_method.as_deref()),
            (None, Some(in_flight)) => http_span_name(method, in_flight.target()),
            (None, None) => span_name(method, target),
        };
        let attributes = || attributes::at_start(instrument, method, request, &labels, call.is_some(), headers);
        let attempt = Attempt::start(instrument, started, name, attributes);
        let endpoint = (&**host, call_method.as_deref().unwrap_or(target));
        let entry = attempt.begin_entry(instrument, started, method, endpoint, &labels.url);
        if let (Some(entry), Some(bytes)) = (entry.as_ref().and_then(EntryRef::get), request.body_bytes) {
            entry.received(bytes);
        }
        let needs_names = instrument.options.common.logs || instrument.options.on_finish.is_some();
        Self {
            started,
            method,
            method_original: is_unknown.then(|| original_method(request.method).into()),
            in_flight,
            names: needs_names.then(|| (Box::from(&**host), Box::from(&**target))),
            call,
            call_method,
            head: None,
            error_status: None,
            method_kind: MethodKind::new(request.method),
            remaining: Remaining::Unknown,
            response_bytes: 0,
            attempt,
            resend_count: request.resend_count,
            request_bytes: request.body_bytes,
            failure: None,
            in_poll: false,
            entry,
            instrument: Arc::clone(instrument),
        }
    }
}

impl Pooled for Running {
    fn pool() -> &'static LocalKey<SlotPool<Self>> {
        &POOL
    }
}

// === impl Answer ===

impl Answer<'_> {
    /// A result without a head, or whose head was reported before.
    pub(super) fn without_head(outcome: Outcome, error_type: Option<&'static str>, duration: Duration) -> Self {
        Self {
            status: None,
            outcome,
            error_type,
            duration,
            response: None,
        }
    }
}

/// Whether the attempt is a gRPC call, whose method then is the target unless the user gave one.
fn call_of<'a>(
    instrument: &'a ClientInstrument,
    request: &ClientRequest<'a>,
    labels: &mut Labels<'a>,
    headers: &dyn HeaderReader,
) -> Option<Call> {
    let has_target = !labels.target.is_empty();
    let methods = &instrument.common.grpc_methods;
    let (call, method) = grpc::outgoing_call(methods, request.method, request.url.path, has_target, headers)?;
    if let Some(method) = method {
        labels.target = Cow::Borrowed(method);
    }
    Some(call)
}
