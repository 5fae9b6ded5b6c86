//! A gRPC call, from its arrival to its trailers.

use std::borrow::Cow;

use super::{GrpcStatus, Methods, message::failure_of, start::Start, web::WebBody};
use crate::{
    failure::Failure,
    names::{header, rpc, value},
    request::{HeaderReader, Outcome, Protocol, RequestHead, ResponseHead},
};

/// The method of all calls.
const METHOD: &str = "POST";
/// The prefix of all content types of gRPC.
const CONTENT_TYPE: &[u8] = b"application/grpc";

/// The state of a call.
#[derive(Debug, Default)]
pub(crate) struct Call {
    /// Whether its response is gRPC.
    answered: bool,
    /// As it was sent.
    status: Option<GrpcStatus>,
    /// What was sent beside a status that is an error.
    failure: Option<Box<Failure>>,
    /// The requested method, if it is not known yet whether it exists.
    candidate: Option<Box<str>>,
    /// Reads the body of an answer that has its trailers there.
    web: Option<Box<WebBody>>,
    /// Reads the start of the body of a response to a client, if its head is not of gRPC.
    start: Option<Start>,
    /// The status that a client infers from a head without one.
    inferred: Option<GrpcStatus>,
}

/// The form of the trailers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// HTTP trailers.
    Native,
    /// In the body: gRPC-Web.
    Web { is_text: bool },
}

/// The gRPC call of an incoming request, with its endpoint if that is known; `None` if the request is no gRPC call.
#[inline]
pub(in crate::request) fn incoming_call<'a>(
    methods: &Methods,
    head: &RequestHead<'a>,
    headers: &dyn HeaderReader,
) -> Option<(Call, Option<&'a str>)> {
    if head.method != METHOD {
        return None;
    }
    incoming_post(methods, head, headers)
}

#[inline(never)]
fn incoming_post<'a>(
    methods: &Methods,
    head: &RequestHead<'a>,
    headers: &dyn HeaderReader,
) -> Option<(Call, Option<&'a str>)> {
    let is_multiplexed = matches!(head.protocol, Protocol::Http2 | Protocol::Http3);
    // Over HTTP/1, native gRPC comes only from a translator of gRPC-Web in front of the layer.
    if kind(headers)? == Kind::Native && !is_multiplexed && !takes_trailers(headers) {
        return None;
    }
    // Servers that route by service have a template with a wildcard, and the method is more specific.
    if head.endpoint.is_some_and(|endpoint| !endpoint.contains("{*")) {
        return Some((Call::default(), head.endpoint));
    }
    let (call, name) = named(methods, head.path);
    Some((call, name.or(head.endpoint)))
}

/// The gRPC call of an outgoing request, with its method if that is known; `None` if the request is no gRPC call. Its
/// protocol (native or gRPC-Web) is known from the response.
pub(crate) fn outgoing_call<'a>(
    methods: &Methods,
    method: &str,
    path: &'a str,
    has_target: bool,
    headers: &dyn HeaderReader,
) -> Option<(Call, Option<&'a str>)> {
    if method != METHOD || kind(headers).is_none() {
        return None;
    }
    // A target that the user has set takes precedence.
    Some(if has_target {
        (Call::default(), None)
    } else {
        named(methods, path)
    })
}

fn named<'a>(methods: &Methods, path: &'a str) -> (Call, Option<&'a str>) {
    let mut call = Call::default();
    let Some(name) = path.strip_prefix('/') else {
        return (call, None);
    };
    if methods.contains(name) {
        return (call, Some(name));
    }
    call.candidate = methods.may_learn(name).then(|| name.into());
    (call, None)
}

/// The kind of gRPC by the `Content-Type`; `None` for any other type.
fn kind(headers: &dyn HeaderReader) -> Option<Kind> {
    let rest = without_prefix(headers.get(header::CONTENT_TYPE)?, CONTENT_TYPE)?;
    let (rest, kind) = match without_prefix(rest, b"-web") {
        None => (rest, Kind::Native),
        Some(rest) => match without_prefix(rest, b"-text") {
            None => (rest, Kind::Web { is_text: false }),
            Some(rest) => (rest, Kind::Web { is_text: true }),
        },
    };
    matches!(rest.trim_ascii_start().first(), None | Some(b'+' | b';')).then_some(kind)
}

/// The text after the prefix, which matches in any case of letters.
fn without_prefix<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether the client accepts trailers (RFC 9110, 10.1.4).
fn takes_trailers(headers: &dyn HeaderReader) -> bool {
    let values = headers.get(header::TE).unwrap_or_default();
    values
        .split(|byte| *byte == b',')
        .any(|value| value.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

/// The value of `rpc.method` for an endpoint.
pub(crate) fn method_of(endpoint: Option<&str>) -> &str {
    endpoint.map_or(value::OTHER, |endpoint| endpoint.trim_start_matches('/'))
}

/// The name of a call's span
/// ([RPC conventions](https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/#name)).
pub(crate) fn span_name(endpoint: Option<&str>) -> Cow<'static, str> {
    match endpoint {
        Some(_) => Cow::Owned(method_of(endpoint).to_owned()),
        None => Cow::Borrowed(rpc::SYSTEM_GRPC),
    }
}

// === impl Call ===

impl Call {
    /// Reads the response head on a server. Returns whether the response is gRPC, and not that of a layer in front.
    pub(crate) fn head(&mut self, head: &ResponseHead<'_>) -> bool {
        let kind = kind(head.headers).filter(|_| head.status == 200);
        self.take_kind(kind);
        self.answered = kind.is_some();
        self.answered
    }

    /// Reads the response head on a client. Clients consider any response as that of the call, and look for a status
    /// in it.
    pub(crate) fn client_head(&mut self, head: &ResponseHead<'_>) {
        let kind = kind(head.headers).filter(|kind| head.status == 200 || *kind != Kind::Native);
        self.take_kind(kind);
        self.start = kind.is_none().then(Start::default);
        self.inferred = Some(GrpcStatus::from_http(head.status));
        self.answered = true;
    }

    fn take_kind(&mut self, kind: Option<Kind>) {
        if let Some(Kind::Web { is_text }) = kind {
            self.web = Some(Box::new(WebBody::new(is_text)));
        }
    }

    /// Whether the trailers are in the body, so that its bytes have to be read.
    pub(crate) fn has_trailers_in_body(&self) -> bool {
        self.web.is_some()
    }

    /// Whether the response head of a client's call is not of gRPC.
    pub(crate) fn is_foreign(&self) -> bool {
        self.start.is_some()
    }

    /// Whether the bytes of the body have to be read: the trailers stand there, or it isn't known yet whether
    /// there are messages in it.
    pub(crate) fn reads_body(&self) -> bool {
        self.has_trailers_in_body() || self.start.as_ref().is_some_and(|start| !start.is_whole())
    }

    /// Reads bytes of a body that contains the trailers. `None` stands for bytes that can't be accessed.
    pub(crate) fn read_body(&mut self, bytes: Option<&[u8]>) -> Option<GrpcStatus> {
        if let Some(start) = &mut self.start {
            start.read(bytes.unwrap_or_default());
        }
        let web = self.web.as_mut().filter(|web| web.status().is_none())?;
        match bytes {
            Some(bytes) => web.read(bytes),
            None => web.lose(),
        }
        let status = web.status()?;
        // A status in the head takes precedence.
        if self.status.is_some() {
            return None;
        }
        self.failure = web.message().filter(|_| status != GrpcStatus::Ok).and_then(failure_of);
        Some(*self.status.insert(status))
    }

    /// Whether the trailers in the body have come, which nothing follows, or what no client reads on after.
    pub(crate) fn is_complete(&self) -> bool {
        let is_refused = self.start.as_ref().is_some_and(Start::is_refused);
        is_refused || self.web.as_ref().is_some_and(|web| web.status().is_some())
    }

    /// Whether the answer has a message, of which so many bytes have been seen.
    fn has_message(&self, bytes: u64) -> bool {
        match (&self.web, &self.start) {
            (Some(web), _) => web.has_message(),
            (None, Some(start)) => start.is_message(),
            (None, None) => bytes > 0,
        }
    }

    /// Whether the answer is gRPC.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered
    }

    /// Reads the status from the trailers, or from a head that has them.
    pub(crate) fn read_status(&mut self, headers: &dyn HeaderReader) -> Option<GrpcStatus> {
        let status = headers
            .get(header::GRPC_STATUS)
            .filter(|_| self.answered)
            .map(GrpcStatus::parse)?;
        self.status = Some(status);
        if status != GrpcStatus::Ok {
            self.failure = headers.get(header::GRPC_MESSAGE).and_then(failure_of);
        }
        Some(status)
    }

    /// The error that the text beside the status describes, once.
    pub(crate) fn take_failure(&mut self) -> Option<Box<Failure>> {
        self.failure.take()
    }

    /// The status that was sent.
    pub(crate) fn sent(&self) -> Option<GrpcStatus> {
        self.status
    }

    /// The method, if this answer is the first to prove that it is there and it can be remembered. Only a
    /// method itself succeeds, or answers with a message: every other status comes from in front of
    /// methods too, for names that are not there.
    pub(crate) fn proven(&mut self, status: GrpcStatus, bytes: u64, methods: &Methods) -> Option<Box<str>> {
        let is_proof = status == GrpcStatus::Ok || self.has_message(bytes);
        self.candidate.take_if(|_| is_proof).filter(|name| methods.learn(name))
    }

    /// The outcome of a response that has reached its end; `None` if it is not gRPC. Without a status, it is the one
    /// that clients infer from head and body, `UNKNOWN` by default.
    pub(crate) fn ended(&self) -> Option<Outcome> {
        self.answered
            .then(|| self.status.unwrap_or_else(|| self.inferred_status()).outcome())
    }

    /// The outcome of a response that a client drops before its end. One that is not gRPC has failed with its head.
    pub(crate) fn outcome_when_dropped(&self) -> Outcome {
        let has_failed = self.start.as_ref().is_some_and(|start| !start.is_message());
        self.ended().filter(|_| has_failed).unwrap_or(Outcome::Aborted)
    }

    /// The status that clients infer for a response that ended without one.
    fn inferred_status(&self) -> GrpcStatus {
        if self.start.as_ref().is_some_and(Start::is_broken) {
            return GrpcStatus::Internal;
        }
        self.inferred.unwrap_or(GrpcStatus::Unknown)
    }

    /// The status to record: the one received, else the inferred one; `None` if the response is not gRPC.
    pub(crate) fn recorded(&self, outcome: Outcome, has_head: bool) -> Option<GrpcStatus> {
        if has_head && !self.answered {
            return None;
        }
        Some(self.status.unwrap_or(match outcome {
            Outcome::ServerError if has_head => self.inferred_status(),
            Outcome::ClientError if self.inferred.is_some() => self.inferred_status(),
            Outcome::ServerError | Outcome::Panic | Outcome::BodyError => GrpcStatus::Internal,
            Outcome::Ok | Outcome::ClientError | Outcome::Cancelled | Outcome::Aborted => GrpcStatus::Cancelled,
        }))
    }
}
