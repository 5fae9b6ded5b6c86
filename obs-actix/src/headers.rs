//! Header maps of actix-web, read and written by the core.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use obs_core::{
    adapter::{CommonHeaders, is_trace_response},
    names::header,
    request::HeaderReader,
};

/// A header map that the core can read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Headers<'a>(pub(crate) &'a HeaderMap);

// The names that are read of every message, parsed once: looking up a name as text that the crate `http`
// does not know costs an allocation.
static BAGGAGE: HeaderName = HeaderName::from_static(header::BAGGAGE);
static CONTENT_LENGTH: HeaderName = HeaderName::from_static(header::CONTENT_LENGTH);
static CONTENT_TYPE: HeaderName = HeaderName::from_static(header::CONTENT_TYPE);
static HOST: HeaderName = HeaderName::from_static(header::HOST);
static REQUEST_ID: HeaderName = HeaderName::from_static(header::REQUEST_ID);
static TRACEPARENT: HeaderName = HeaderName::from_static(header::TRACEPARENT);
static TRACESTATE: HeaderName = HeaderName::from_static(header::TRACESTATE);
static USER_AGENT: HeaderName = HeaderName::from_static(header::USER_AGENT);

/// The name as a header name, if it is one of those that are read of every request.
fn known(name: &str) -> Option<&'static HeaderName> {
    match name {
        header::BAGGAGE => Some(&BAGGAGE),
        header::CONTENT_LENGTH => Some(&CONTENT_LENGTH),
        header::CONTENT_TYPE => Some(&CONTENT_TYPE),
        header::HOST => Some(&HOST),
        header::REQUEST_ID => Some(&REQUEST_ID),
        header::TRACEPARENT => Some(&TRACEPARENT),
        header::TRACESTATE => Some(&TRACESTATE),
        header::USER_AGENT => Some(&USER_AGENT),
        _ => None,
    }
}

/// Adds a header that returns the trace to the caller, and removes one of inner middlewares.
pub(crate) fn insert_trace_response(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if headers.contains_key(&name) {
        let is_other = |value: &&HeaderValue| !is_trace_response(name.as_str(), value.as_bytes());
        let others: Vec<_> = headers.get_all(&name).filter(is_other).cloned().collect();
        headers.remove(&name);
        for value in others {
            headers.append(name.clone(), value);
        }
    }
    headers.append(name, value);
}

// === impl Headers ===

impl HeaderReader for Headers<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        let value = known(name).map_or_else(|| self.0.get(name), |name| self.0.get(name));
        value.map(HeaderValue::as_bytes)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        let values = known(name).map_or_else(|| self.0.get_all(name), |name| self.0.get_all(name));
        for value in values {
            each(value.as_bytes());
        }
    }

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

    fn map() -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in [
            ("tracestate", "a=1"),
            ("tracestate", "b=2"),
            ("x-own", "1"),
            ("host", "shop.example"),
        ] {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn headers_are_read_by_their_lower_case_names() {
        let map = map();
        let headers = Headers(&map);
        assert_eq!(headers.get("host"), Some(&b"shop.example"[..]));
        assert_eq!(headers.get("x-own"), Some(&b"1"[..]));
        assert_eq!(headers.get("tracestate"), Some(&b"a=1"[..]));
        assert_eq!(headers.get("traceparent"), None);
        assert_eq!(headers.get("not a name"), None);
    }

    #[test]
    fn all_values_of_a_header_come_in_their_order() {
        let map = map();
        let mut values = Vec::new();
        Headers(&map).for_each("tracestate", &mut |value| values.push(value.to_vec()));
        assert_eq!(values, [b"a=1", b"b=2"]);
    }

    #[test]
    fn every_known_name_is_its_own() {
        for name in [
            "baggage",
            "content-length",
            "content-type",
            "host",
            "x-request-id",
            "traceparent",
            "tracestate",
        ] {
            assert_eq!(known(name).map(HeaderName::as_str), Some(name));
        }
    }
}
