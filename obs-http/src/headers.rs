//! Header maps of the crate `http`, read and written by the core.

use http::{HeaderMap, HeaderName, HeaderValue, Version, header::CONTENT_LENGTH};
use obs_core::{
    adapter::{CommonHeaders, Propagated, Protocol, is_trace_response, parse_content_length},
    names::header,
    request::HeaderReader,
};

const TRACEPARENT: HeaderName = HeaderName::from_static(header::TRACEPARENT);
const TRACESTATE: HeaderName = HeaderName::from_static(header::TRACESTATE);
const BAGGAGE: HeaderName = HeaderName::from_static(header::BAGGAGE);

/// Up to this number of names, comparing each is faster than hashing one.
const FEW: usize = 8;

/// A header map that the core can read.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use obs_core::request::HeaderReader as _;
/// use obs_http::Headers;
///
/// let mut map = HeaderMap::new();
/// map.insert("x-tenant", HeaderValue::from_static("acme"));
/// assert_eq!(Headers(&map).get("x-tenant"), Some(&b"acme"[..]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a>(pub &'a HeaderMap);

/// The size in bytes that the headers announce for the body; `None` without a valid `Content-Length`.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::CONTENT_LENGTH};
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(obs_http::content_length(&headers), None);
/// headers.insert(CONTENT_LENGTH, HeaderValue::from_static("38"));
/// assert_eq!(obs_http::content_length(&headers), Some(38));
/// ```
#[inline]
#[must_use]
pub fn content_length(headers: &HeaderMap) -> Option<u64> {
    let value = if headers.keys_len() <= FEW {
        // Compares names of the standard as numbers.
        headers.iter().find(|(name, _)| **name == CONTENT_LENGTH)?.1
    } else {
        headers.get(CONTENT_LENGTH)?
    };
    parse_content_length(value.as_bytes())
}

/// Writes the trace context of an attempt into its request.
///
/// An existing `traceparent` names a span other than the attempt's, so it is replaced, together
/// with `tracestate`. Existing baggage is kept. Values that a header can't have are left out: a
/// request must not fail because of its trace context.
pub fn propagate(propagated: &Propagated<'_>, headers: &mut HeaderMap) {
    if let Some(Ok(parent)) = propagated.traceparent().map(HeaderValue::from_str) {
        headers.insert(TRACEPARENT, parent);
        match propagated.tracestate().map(HeaderValue::from_str) {
            Some(Ok(state)) => drop(headers.insert(TRACESTATE, state)),
            _ => drop(headers.remove(TRACESTATE)),
        }
    }
    if let Some(Ok(baggage)) = propagated.baggage().map(HeaderValue::from_str)
        && !headers.get_all(BAGGAGE).iter().any(|known| *known == baggage)
    {
        headers.append(BAGGAGE, baggage);
    }
    if let Some((name, id)) = propagated.request_id()
        && let (Ok(name), Ok(id)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(id))
    {
        headers.entry(name).or_insert(id);
    }
    propagated.others(&mut |name, value| {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    });
}

/// Adds a header that returns the trace to the caller, and removes one of inner layers. Other
/// entries of the same header, such as the application's `Server-Timing`, are kept.
///
/// ```
/// use http::{HeaderMap, HeaderName, HeaderValue};
/// use obs_http::insert_trace_response;
///
/// let timing = HeaderName::from_static("server-timing");
/// let mut headers = HeaderMap::new();
/// headers.insert(&timing, HeaderValue::from_static("db;dur=53"));
/// for ids in ["traceparent;desc=\"00-1-1-01\"", "traceparent;desc=\"00-1-2-01\""] {
///     insert_trace_response(&mut headers, timing.clone(), HeaderValue::from_static(ids));
/// }
/// let values: Vec<_> = headers.get_all(&timing).iter().collect();
/// assert_eq!(values, ["db;dur=53", "traceparent;desc=\"00-1-2-01\""]);
/// ```
pub fn insert_trace_response(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if headers.contains_key(&name) {
        let is_other = |value: &&HeaderValue| !is_trace_response(name.as_str(), value.as_bytes());
        let others: Vec<_> = headers.get_all(&name).iter().filter(is_other).cloned().collect();
        headers.remove(&name);
        for value in others {
            headers.append(name.clone(), value);
        }
    }
    headers.append(name, value);
}

/// The protocol of a message. HTTP/0.9 counts as 1.0, an unknown version as 1.1.
#[inline]
#[must_use]
pub fn protocol(version: Version) -> Protocol {
    match version {
        Version::HTTP_09 | Version::HTTP_10 => Protocol::Http10,
        Version::HTTP_2 => Protocol::Http2,
        Version::HTTP_3 => Protocol::Http3,
        _ => Protocol::Http11,
    }
}

// === impl Headers ===

impl HeaderReader for Headers<'_> {
    #[inline]
    fn get(&self, name: &str) -> Option<&[u8]> {
        let value = if self.0.keys_len() <= FEW {
            self.0
                .iter()
                .find(|(known, _)| known.as_str() == name)
                .map(|(_, value)| value)
        } else {
            self.0.get(name)
        };
        value.map(HeaderValue::as_bytes)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for value in self.0.get_all(name) {
            each(value.as_bytes());
        }
    }

    #[inline]
    fn common(&self) -> CommonHeaders<'_> {
        let mut common = CommonHeaders::default();
        self.0
            .iter()
            .for_each(|(name, value)| common.note(name.as_str(), value.as_bytes()));
        common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        headers.iter().map(pair).collect()
    }

    #[test]
    fn headers_are_read_by_their_lower_case_names_whatever_their_number() {
        let few = map(&[("host", "users"), ("x-own", "1")]);
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| (name, "0"));
        let many = map(&[&names[..], &[("host", "users"), ("x-own", "1")]].concat());
        for headers in [&few, &many].map(Headers) {
            assert_eq!(
                (headers.get("host"), headers.get("x-own")),
                (Some(&b"users"[..]), Some(&b"1"[..]))
            );
            assert_eq!(headers.get("traceparent"), None);
        }
    }

    #[test]
    fn the_announced_size_is_read_whatever_the_number_of_headers() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| (name, "0"));
        for (value, size) in [("5", Some(5)), (" 12 ", Some(12)), ("five", None), ("", None)] {
            let announced = [("content-length", value)];
            assert_eq!(content_length(&map(&announced)), size, "{value}");
            assert_eq!(
                content_length(&map(&[&names[..], &announced].concat())),
                size,
                "{value}"
            );
        }
        assert_eq!((content_length(&map(&[])), content_length(&map(&names))), (None, None));
    }

    #[test]
    fn all_values_of_a_header_come_in_their_order() {
        let mut headers = map(&[("tracestate", "a=1")]);
        headers.append(TRACESTATE, HeaderValue::from_static("b=2"));
        let mut values = Vec::new();
        Headers(&headers).for_each("tracestate", &mut |value| values.push(value.to_vec()));
        assert_eq!(values, [b"a=1", b"b=2"]);
    }

    #[test]
    fn a_trace_response_replaces_that_of_layers_inside_and_keeps_what_the_application_sends() {
        let name = HeaderName::from_static("server-timing");
        let mut headers = map(&[("server-timing", "db;dur=5")]);
        for value in ["traceparent;desc=\"00-1\"", "traceparent;desc=\"00-2\""] {
            insert_trace_response(&mut headers, name.clone(), HeaderValue::from_static(value));
        }
        let values: Vec<_> = headers.get_all(&name).iter().collect();
        assert_eq!(values, ["db;dur=5", "traceparent;desc=\"00-2\""]);
    }
}
