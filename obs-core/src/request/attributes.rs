//! Attributes of the server span
//! ([HTTP conventions 1.44](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server)).

use opentelemetry::{Array, Key, KeyValue, StringValue, Value};

use super::{
    GrpcStatus, HeaderReader, Instrument, RequestHead, grpc,
    origin::{HTTPS, Origin},
};
use crate::{
    names::{attribute, rpc, value},
    pipeline::original_method,
    redact::Redactor,
    trace::{HeadParts, SpanHead, StartAttributes, interned},
};

/// The attributes that are known when the request arrives.
pub(super) fn on_arrival(
    instrument: &Instrument,
    method: &'static str,
    head: &RequestHead<'_>,
    (headers, user_agent): (&dyn HeaderReader, Option<&[u8]>),
    origin: &Origin,
) -> StartAttributes {
    let mut others = Vec::new();
    others.extend(unknown_method(method, head.method));
    let wanted = (instrument.request_headers(), &instrument.common.redactor);
    push_headers(&mut others, attribute::HTTP_REQUEST_HEADER_PREFIX, wanted, headers);
    let mut copy = SpanHead::default();
    fill_head(&mut copy, instrument, method, head, (headers, user_agent), origin);
    StartAttributes {
        head: Some(copy),
        others,
    }
}

/// A method that is not in the closed set, as it was sent.
pub(super) fn unknown_method(method: &'static str, sent: &str) -> Option<KeyValue> {
    let is_unknown = method == value::OTHER;
    is_unknown.then(|| {
        KeyValue::new(
            attribute::HTTP_REQUEST_METHOD_ORIGINAL,
            original_method(sent).to_owned(),
        )
    })
}

/// Copies the parts of a request head that spans have.
pub(super) fn fill_head(
    copy: &mut SpanHead,
    instrument: &Instrument,
    method: &'static str,
    head: &RequestHead<'_>,
    (headers, user_agent): (&dyn HeaderReader, Option<&[u8]>),
    origin: &Origin,
) {
    let query = head.query.filter(|query| !query.is_empty());
    // Secrets by the names of the instance are redacted before the span is sent.
    let redacted = query
        .filter(|_| !instrument.options.common.redact_query.is_empty())
        .map(|query| instrument.common.redactor.query(query));
    let parts = HeadParts {
        method,
        path: head.path,
        query: redacted.as_deref().or(query),
        is_https: origin.scheme == HTTPS,
        protocol_version: head.protocol.version(),
        authority: None,
        client: origin.client,
        peer: origin.peer,
        peer_port: origin.peer_port,
        user_agent: user_agent.filter(|_| instrument.options.privacy.user_agent),
    };
    let filled = origin.authority(head, headers, |authority| {
        copy.fill(&HeadParts {
            authority: Some(authority),
            ..parts
        });
    });
    if filled.is_none() {
        copy.fill(&parts);
    }
}

/// The attributes of a gRPC call in place of the route, with the status if one was sent.
pub(crate) fn push_call(endpoint: Option<&str>, status: Option<GrpcStatus>, push: &mut dyn FnMut(KeyValue)) {
    push(KeyValue::new(attribute::RPC_SYSTEM_NAME, rpc::SYSTEM_GRPC));
    push(KeyValue::new(
        attribute::RPC_METHOD,
        interned(grpc::method_of(endpoint)),
    ));
    if let Some(status) = status {
        push(KeyValue::new(attribute::RPC_RESPONSE_STATUS_CODE, status.as_str()));
    }
}

/// The captured headers of an answer.
pub(super) fn response_headers(instrument: &Instrument, headers: &dyn HeaderReader) -> Vec<KeyValue> {
    let mut out = Vec::new();
    let wanted = (instrument.response_headers(), &instrument.common.redactor);
    push_headers(&mut out, attribute::HTTP_RESPONSE_HEADER_PREFIX, wanted, headers);
    out
}

/// Appends the captured headers. The values of a header with a secret's name are redacted, each by itself.
pub(crate) fn push_headers(
    out: &mut Vec<KeyValue>,
    prefix: &str,
    (wanted, redactor): (&[Box<str>], &Redactor),
    headers: &dyn HeaderReader,
) {
    for name in wanted {
        let mut values: Vec<StringValue> = Vec::new();
        let is_secret = redactor.is_sensitive(name);
        headers.for_each(name, &mut |value| {
            values.push(if is_secret {
                value::REDACTED.into()
            } else {
                redactor.owned_text(String::from_utf8_lossy(value).into_owned()).into()
            });
        });
        if !values.is_empty() {
            out.push(KeyValue::new(
                Key::from(format!("{prefix}{name}")),
                Value::Array(Array::String(values)),
            ));
        }
    }
}
