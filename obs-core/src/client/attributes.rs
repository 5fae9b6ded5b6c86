//! Attributes of the client span
//! ([HTTP conventions 1.44](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span)).

use opentelemetry::KeyValue;

use super::{ClientInstrument, ClientRequest, ClientResponse, ClientUrl, instrument::Labels};
use crate::{
    names::{attribute, value},
    pipeline::original_method,
    redact::Redactor,
    request::{HeaderReader, push_headers},
    trace::interned,
};

/// How many attributes an ordinary attempt and its answer have.
const USUAL: usize = 12;

/// The attributes that are known at the start.
pub(super) fn at_start(
    instrument: &ClientInstrument,
    method: &'static str,
    request: &ClientRequest<'_>,
    labels: &Labels<'_>,
    is_call: bool,
    headers: &dyn HeaderReader,
) -> Vec<KeyValue> {
    let Labels { url, host: _, target } = labels;
    let options = &instrument.options;
    let mut out = Vec::with_capacity(USUAL);
    out.push(KeyValue::new(attribute::HTTP_REQUEST_METHOD, method));
    if method == value::OTHER {
        out.push(KeyValue::new(
            attribute::HTTP_REQUEST_METHOD_ORIGINAL,
            original_method(request.method).to_owned(),
        ));
    }
    if !url.host.is_empty() {
        out.push(KeyValue::new(attribute::SERVER_ADDRESS, interned(url.host)));
        out.push(KeyValue::new(attribute::SERVER_PORT, i64::from(url.port_or_default())));
        out.push(KeyValue::new(
            attribute::URL_FULL,
            full(url, &instrument.common.redactor),
        ));
    }
    // A call has the name of its method instead, which may show only with its answer.
    if !target.is_empty() && !is_call {
        out.push(KeyValue::new(attribute::URL_TEMPLATE, interned(target)));
    }
    if request.resend_count > 0 {
        out.push(KeyValue::new(
            attribute::HTTP_REQUEST_RESEND_COUNT,
            i64::from(request.resend_count),
        ));
    }
    if options.body_sizes
        && let Some(size) = request.body_bytes
    {
        out.push(KeyValue::new(attribute::HTTP_REQUEST_BODY_SIZE, saturated(size)));
    }
    let wanted = (&options.common.request_headers[..], &instrument.common.redactor);
    push_headers(&mut out, attribute::HTTP_REQUEST_HEADER_PREFIX, wanted, headers);
    out
}

/// Hands each attribute of an answer to `set`.
pub(super) fn of_response(instrument: &ClientInstrument, response: &ClientResponse<'_>, set: &mut dyn FnMut(KeyValue)) {
    let options = &instrument.options;
    set(KeyValue::new(
        attribute::HTTP_RESPONSE_STATUS_CODE,
        i64::from(response.status),
    ));
    if let Some(protocol) = response.protocol {
        set(KeyValue::new(attribute::NETWORK_PROTOCOL_VERSION, protocol.version()));
    }
    if let Some(peer) = response.peer {
        set(KeyValue::new(
            attribute::NETWORK_PEER_ADDRESS,
            interned(&peer.ip().to_string()),
        ));
        set(KeyValue::new(attribute::NETWORK_PEER_PORT, i64::from(peer.port())));
    }
    if options.body_sizes
        && let Some(size) = response.body_bytes
    {
        set(KeyValue::new(attribute::HTTP_RESPONSE_BODY_SIZE, saturated(size)));
    }
    let mut headers = Vec::new();
    let wanted = (&options.common.response_headers[..], &instrument.common.redactor);
    push_headers(
        &mut headers,
        attribute::HTTP_RESPONSE_HEADER_PREFIX,
        wanted,
        response.headers,
    );
    headers.into_iter().for_each(set);
}

/// The URL without user name, password and the values of sensitive query keys. A fragment can hold
/// tokens in the form of a query, so it is treated like one.
fn full(url: &ClientUrl<'_>, redactor: &Redactor) -> String {
    let ClientUrl {
        scheme: _,
        host,
        port,
        path,
        query,
        fragment,
        has_credentials,
    } = *url;
    let (query, fragment) = (
        query.filter(|query| !query.is_empty()),
        fragment.filter(|text| !text.is_empty()),
    );
    let rest = query.map_or(0, str::len) + fragment.map_or(0, str::len);
    let mut out = String::with_capacity("https://REDACTED:REDACTED@[]:65535?#".len() + host.len() + path.len() + rest);
    out.push_str(url.scheme());
    out.push_str("://");
    if has_credentials {
        out.push_str("REDACTED:REDACTED@");
    }
    let is_ipv6 = host.contains(':');
    out.push_str(if is_ipv6 { "[" } else { "" });
    out.push_str(host);
    out.push_str(if is_ipv6 { "]" } else { "" });
    if let Some(port) = port {
        out.push(':');
        out.push_str(itoa::Buffer::new().format(port));
    }
    out.push_str(path);
    for (mark, text) in [('?', query), ('#', fragment)] {
        if let Some(text) = text {
            out.push(mark);
            redactor.push_query(&mut out, text);
        }
    }
    out
}

fn saturated(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: ClientUrl<'_> = ClientUrl {
        scheme: "https",
        host: "users.internal",
        port: None,
        path: "/users/7",
        query: None,
        fragment: None,
        has_credentials: false,
    };

    #[test]
    fn a_plain_url_stays_as_it_is() {
        assert_eq!(full(&URL, Redactor::usual()), "https://users.internal/users/7");
        let url = ClientUrl {
            scheme: "",
            port: Some(8080),
            query: Some("a=1"),
            fragment: Some("top"),
            ..URL
        };
        assert_eq!(
            full(&url, Redactor::usual()),
            "http://users.internal:8080/users/7?a=1#top"
        );
    }

    #[test]
    fn credentials_and_sensitive_values_are_left_out() {
        let url = ClientUrl {
            query: Some("a=1&token=abc&iban=DE1"),
            fragment: Some("access_token=abc"),
            has_credentials: true,
            ..URL
        };
        assert_eq!(
            full(&url, &Redactor::with(["iban"])),
            "https://REDACTED:REDACTED@users.internal/users/7?a=1&token=REDACTED&iban=REDACTED#access_token=REDACTED"
        );
    }

    #[test]
    fn an_ipv6_address_gets_its_brackets_back() {
        let url = ClientUrl {
            scheme: "http",
            host: "::1",
            port: Some(80),
            path: "/",
            query: Some(""),
            ..URL
        };
        assert_eq!(full(&url, Redactor::usual()), "http://[::1]:80/");
    }
}
