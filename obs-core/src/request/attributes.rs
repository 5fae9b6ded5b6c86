//! Attributes of the server span
//! ([HTTP conventions 1.44](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server)).

use std::{cell::RefCell, io::Write as _, net::IpAddr, sync::Arc};

use opentelemetry::{Array, Key, KeyValue, StringValue, Value};

use super::{
    GrpcStatus, HeaderReader, Instrument, RequestHead, grpc,
    origin::{HTTPS, Origin},
};
use crate::{
    names::{attribute, rpc, value},
    pipeline::original_method,
    redact::Redactor,
};

/// How many attributes an ordinary request and its answer have.
const USUAL: usize = 16;
/// Slots of the table of strings that come again with each request.
const INTERNED: usize = 32;
/// The longest text that is interned: longer ones are seldom repeated.
const MAX_INTERNED_LEN: usize = 256;
/// The longest address as text: IPv6 with an IPv4 part.
const MAX_ADDRESS_LEN: usize = 45;

thread_local! {
    static STRINGS: RefCell<[Option<Arc<str>>; INTERNED]> = const { RefCell::new([const { None }; INTERNED]) };
}

/// The attributes that are known on arrival.
pub(super) fn on_arrival(
    instrument: &Instrument,
    method: &'static str,
    head: &RequestHead<'_>,
    (headers, user_agent): (&dyn HeaderReader, Option<&[u8]>),
    origin: &Origin,
) -> Vec<KeyValue> {
    let mut out = Vec::with_capacity(USUAL);
    out.push(KeyValue::new(attribute::HTTP_REQUEST_METHOD, method));
    if method == value::OTHER {
        out.push(KeyValue::new(
            attribute::HTTP_REQUEST_METHOD_ORIGINAL,
            original_method(head.method).to_owned(),
        ));
    }
    out.push(KeyValue::new(attribute::URL_PATH, head.path.to_owned()));
    if let Some(query) = head.query.filter(|query| !query.is_empty()) {
        out.push(KeyValue::new(attribute::URL_QUERY, instrument.redactor.query(query)));
    }
    out.push(KeyValue::new(attribute::URL_SCHEME, origin.scheme));
    out.push(KeyValue::new(
        attribute::NETWORK_PROTOCOL_VERSION,
        head.protocol.version(),
    ));
    origin.authority(head, headers, |authority| {
        push_server(&mut out, authority, origin.scheme);
    });
    push_ends(&mut out, origin);
    if let Some(agent) = user_agent.filter(|_| instrument.options.privacy.user_agent) {
        out.push(KeyValue::new(attribute::USER_AGENT_ORIGINAL, interned_bytes(agent)));
    }
    let wanted = (instrument.request_headers(), &instrument.redactor);
    push_headers(&mut out, attribute::HTTP_REQUEST_HEADER_PREFIX, wanted, headers);
    out
}

/// The route that matched.
pub(super) fn route(endpoint: &str) -> KeyValue {
    KeyValue::new(attribute::HTTP_ROUTE, interned(endpoint))
}

/// What a gRPC call has in place of a route, and the status if one was sent.
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
    let wanted = (instrument.response_headers(), &instrument.redactor);
    push_headers(&mut out, attribute::HTTP_RESPONSE_HEADER_PREFIX, wanted, headers);
    out
}

fn push_server(out: &mut Vec<KeyValue>, authority: &str, scheme: &str) {
    let (host, port) = split_authority(authority);
    let default_port = if scheme == HTTPS { 443 } else { 80 };
    out.push(KeyValue::new(attribute::SERVER_ADDRESS, interned(host)));
    out.push(KeyValue::new(
        attribute::SERVER_PORT,
        i64::from(port.unwrap_or(default_port)),
    ));
}

fn push_ends(out: &mut Vec<KeyValue>, origin: &Origin) {
    let client = origin.client.map(address);
    let peer = if origin.peer == origin.client {
        client.clone()
    } else {
        origin.peer.map(address)
    };
    out.extend(client.map(|client| KeyValue::new(attribute::CLIENT_ADDRESS, client)));
    out.extend(peer.map(|peer| KeyValue::new(attribute::NETWORK_PEER_ADDRESS, peer)));
    out.extend(
        origin
            .peer_port
            .map(|port| KeyValue::new(attribute::NETWORK_PEER_PORT, i64::from(port))),
    );
}

/// An address as text: written to the stack first, as clients come again.
fn address(ip: IpAddr) -> StringValue {
    let mut buffer = [0; MAX_ADDRESS_LEN];
    let mut rest = &mut buffer[..];
    let written = write!(rest, "{ip}").map(|()| MAX_ADDRESS_LEN - rest.len());
    match written
        .ok()
        .and_then(|len| std::str::from_utf8(buffer.get(..len)?).ok())
    {
        Some(text) => interned(text),
        None => ip.to_string().into(),
    }
}

/// Appends the headers that were asked for, without secrets: of one whose name is that of a secret, how
/// many values it has.
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

/// Host and port of an authority (RFC 3986, 3.2): brackets of an IPv6 address and user info go.
pub(crate) fn split_authority(authority: &str) -> (&str, Option<u16>) {
    // Bytes one by one: for texts this short, what searches long ones is the slower way.
    let user_end = authority.bytes().rposition(|byte| byte == b'@').map_or(0, |at| at + 1);
    let authority = &authority[user_end..];
    if let Some((host, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match authority.bytes().rposition(|byte| byte == b':') {
        Some(at) => (&authority[..at], authority[at + 1..].parse().ok()),
        None => (authority, None),
    }
}

/// A shared copy of `text`: texts that come with every request cost an allocation only once.
pub(crate) fn interned(text: &str) -> StringValue {
    if text.len() > MAX_INTERNED_LEN {
        return text.to_owned().into();
    }
    let shared = STRINGS.try_with(|table| match &mut table.borrow_mut()[slot(text.as_bytes())] {
        Some(known) if **known == *text => Arc::clone(known),
        other => Arc::clone(other.insert(text.into())),
    });
    shared.map_or_else(|_| text.to_owned().into(), StringValue::from)
}

/// [`interned`] for bytes that should be UTF-8: those that came before need no second check.
fn interned_bytes(bytes: &[u8]) -> StringValue {
    let known = STRINGS.try_with(|table| {
        table.borrow()[slot(bytes)]
            .as_ref()
            .filter(|known| *known.as_bytes() == *bytes)
            .map(Arc::clone)
    });
    match known {
        Ok(Some(known)) => known.into(),
        Ok(None) | Err(_) => interned(&String::from_utf8_lossy(bytes)),
    }
}

fn slot(text: &[u8]) -> usize {
    let last = text.last().copied().map_or(0, usize::from);
    (text.len() * 31 + last) % INTERNED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_split_into_host_and_port() {
        assert_eq!(split_authority("shop.example:8080"), ("shop.example", Some(8080)));
        assert_eq!(split_authority("shop.example"), ("shop.example", None));
        assert_eq!(split_authority("[::1]:80"), ("::1", Some(80)));
        assert_eq!(split_authority("[::1]"), ("::1", None));
        assert_eq!(split_authority("user:secret@shop.example"), ("shop.example", None));
        assert_eq!(split_authority("shop.example:99999"), ("shop.example", None));
    }

    #[test]
    fn interning_gives_the_text_back_whatever_stood_in_its_slot() {
        for text in ["/a", "/b", "/a", "", "/ä"] {
            assert_eq!(interned(text).as_str(), text);
        }
    }

    #[test]
    fn an_address_is_written_as_its_text() {
        for text in [
            "192.0.2.7",
            "::1",
            "2001:db8:1111:2222:3333:4444:5555:6666",
            "::ffff:192.0.2.7",
        ] {
            assert_eq!(address(text.parse().unwrap()).as_str(), text);
        }
    }
}
