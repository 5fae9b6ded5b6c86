//! One call, from its arrival to its trailers.

use std::borrow::Cow;

use super::{GrpcStatus, Methods};
use crate::{
    names::{header, rpc, value},
    request::{HeaderReader, Outcome, Protocol, RequestHead, ResponseHead},
};

/// What all gRPC types begin with.
const CONTENT_TYPE: &[u8] = b"application/grpc";

/// What is known of a call.
#[derive(Debug, Default)]
pub(crate) struct Call {
    /// Whether its answer is gRPC.
    answered: bool,
    /// As it was sent.
    status: Option<GrpcStatus>,
    /// The method that was asked for, if it is not known yet whether there is one.
    candidate: Option<Box<str>>,
}

/// The call that arrives with this head, and its endpoint as far as it is known.
pub(in crate::request) fn arriving<'a>(
    methods: &Methods,
    head: &RequestHead<'a>,
    headers: &dyn HeaderReader,
) -> Option<(Call, Option<&'a str>)> {
    if head.method != "POST" || !matches!(head.protocol, Protocol::Http2 | Protocol::Http3) || !is_grpc(headers) {
        return None;
    }
    // Servers that route by service only have a template with a wildcard: the method says more.
    if head.endpoint.is_some_and(|endpoint| !endpoint.contains("{*")) {
        return Some((Call::default(), head.endpoint));
    }
    let (call, name) = named(methods, head.path);
    Some((call, name.or(head.endpoint)))
}

/// The call that a client sends, and its method as far as it is known. What protocol it goes by shows
/// only with its answer.
pub(crate) fn departing<'a>(
    methods: &Methods,
    method: &str,
    path: &'a str,
    has_target: bool,
    headers: &dyn HeaderReader,
) -> Option<(Call, Option<&'a str>)> {
    if method != "POST" || !is_grpc(headers) {
        return None;
    }
    // What the user calls it goes first.
    Some(if has_target { (Call::default(), None) } else { named(methods, path) })
}

fn named<'a>(methods: &Methods, path: &'a str) -> (Call, Option<&'a str>) {
    let mut call = Call::default();
    let Some(name) = path.strip_prefix('/') else { return (call, None) };
    if methods.contains(name) {
        return (call, Some(name));
    }
    call.candidate = methods.may_learn(name).then(|| name.into());
    (call, None)
}

/// Whether the type is gRPC's; not gRPC-Web's, which has its trailers in the body.
fn is_grpc(headers: &dyn HeaderReader) -> bool {
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else { return false };
    let Some((start, rest)) = content_type.split_at_checked(CONTENT_TYPE.len()) else { return false };
    start.eq_ignore_ascii_case(CONTENT_TYPE) && matches!(rest.trim_ascii_start().first(), None | Some(b'+' | b';'))
}

/// The value of `rpc.method` for an endpoint.
pub(crate) fn method_of(endpoint: Option<&str>) -> &str {
    endpoint.map_or(value::OTHER, |endpoint| endpoint.trim_start_matches('/'))
}

/// What a call's span is called
/// ([RPC conventions](https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/#name)).
pub(crate) fn span_name(endpoint: Option<&str>) -> Cow<'static, str> {
    match endpoint {
        Some(_) => Cow::Owned(method_of(endpoint).to_owned()),
        None => Cow::Borrowed(rpc::SYSTEM_GRPC),
    }
}

// === impl Call ===

impl Call {
    /// The head has come. Tells whether the answer is of gRPC, and not of something in front of it.
    pub(crate) fn head(&mut self, head: &ResponseHead<'_>) -> bool {
        self.answered = head.status == 200 && is_grpc(head.headers);
        self.answered
    }

    /// Whether the answer is gRPC.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered
    }

    /// Reads the status from the trailers, or from a head that has them.
    pub(crate) fn read_status(&mut self, headers: &dyn HeaderReader) -> Option<GrpcStatus> {
        let status = headers.get(header::GRPC_STATUS).filter(|_| self.answered).map(GrpcStatus::parse)?;
        self.status = Some(status);
        Some(status)
    }

    /// The status that was sent.
    pub(crate) fn sent(&self) -> Option<GrpcStatus> {
        self.status
    }

    /// The method, if this answer is the first to prove that it is there and it can be remembered. Only a
    /// method itself succeeds, or answers with a message: every other status comes from in front of
    /// methods too, for names that are not there.
    pub(crate) fn proven(&mut self, status: GrpcStatus, has_message: bool, methods: &Methods) -> Option<Box<str>> {
        let is_proof = status == GrpcStatus::Ok || has_message;
        self.candidate.take_if(|_| is_proof).filter(|name| methods.learn(name))
    }

    /// The outcome of an answer that reached its end; none if it is not gRPC. Without a status,
    /// clients take it for `UNKNOWN`.
    pub(crate) fn ended(&self) -> Option<Outcome> {
        self.answered.then(|| self.status.unwrap_or(GrpcStatus::Unknown).outcome())
    }

    /// The status to record: what was sent, or what stands in for it; none if the answer is not gRPC.
    pub(crate) fn recorded(&self, outcome: Outcome, has_head: bool) -> Option<GrpcStatus> {
        if has_head && !self.answered {
            return None;
        }
        Some(self.status.unwrap_or(match outcome {
            Outcome::ServerError if has_head => GrpcStatus::Unknown,
            Outcome::ServerError | Outcome::Panic | Outcome::BodyError => GrpcStatus::Internal,
            Outcome::Ok | Outcome::ClientError | Outcome::Cancelled | Outcome::Aborted => GrpcStatus::Cancelled,
        }))
    }
}
