//! The traces of requests that a browser has marked with a cookie.

use std::{
    collections::VecDeque,
    sync::{Mutex, OnceLock, PoisonError},
};

use obs_base::{fnv::Fnv1a, ids::TraceId};

use super::FlightRecorder;
use crate::headers::HeaderReader;

/// The most traces that are remembered: 32 bytes each.
const MAX_TRACES: usize = 4_096;
/// The most bytes of a value.
const MAX_VALUE: usize = 64;

/// The cookie, once it is asked for, and the newest traces with it.
#[derive(Debug, Default)]
pub(super) struct Tags {
    cookie: OnceLock<Box<str>>,
    /// The hash of the value, and the trace.
    traces: Mutex<VecDeque<(u64, TraceId)>>,
}

fn hash(value: &[u8]) -> u64 {
    let mut hash = Fnv1a::default();
    hash.add(value);
    hash.finish()
}

/// The value of a cookie in a `Cookie` header ([RFC 6265](https://www.rfc-editor.org/rfc/rfc6265#section-4.2)).
fn value_in<'a>(header: &'a [u8], cookie: &str) -> Option<&'a [u8]> {
    let pairs = header.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let mut values = pairs.filter_map(|pair| pair.strip_prefix(cookie.as_bytes())?.strip_prefix(b"="));
    values.find(|value| !value.is_empty() && value.len() <= MAX_VALUE)
}

// === impl FlightRecorder ===

impl FlightRecorder {
    /// Remembers the trace of a request, if it has the cookie of [`tag_requests`](Self::tag_requests).
    #[inline]
    pub(crate) fn tag(&self, headers: &dyn HeaderReader, trace_id: TraceId) {
        if let Some(tags) = self.tags() {
            tags.note(headers, trace_id);
        }
    }

    /// Remembers, from now on, which requests have a cookie of this name, so that [`tagged`](Self::tagged) finds the
    /// requests of one browser. The name of the first call counts until the instance ends.
    ///
    /// The newest 4 096 requests are remembered, in 128 KiB beside the [limit](Self::limit_bytes). Of values, at most 64
    /// bytes long, there is a hash.
    ///
    /// ```
    /// # fn example(obs: &obs_core::Obs) {
    /// obs.recorder().tag_requests("obs-tag");
    /// // A page sets the cookie `obs-tag=4f1c`, and the browser sends it with the next requests.
    /// let mine = obs.recorder().tagged("4f1c");
    /// # let _ = mine;
    /// # }
    /// ```
    pub fn tag_requests(&self, cookie: &str) {
        if let Some(tags) = self.tags() {
            tags.watch(cookie);
        }
    }

    /// The traces of requests that had this value in the cookie of [`tag_requests`](Self::tag_requests), the newest
    /// first.
    #[must_use]
    pub fn tagged(&self, value: &str) -> Vec<TraceId> {
        self.tags().map_or_else(Vec::new, |tags| tags.traces(value))
    }
}

// === impl Tags ===

impl Tags {
    /// Looks for this cookie from now on; the first name counts.
    pub(super) fn watch(&self, cookie: &str) {
        self.cookie.get_or_init(|| cookie.into());
    }

    /// Remembers the trace of a request with the cookie.
    #[inline]
    pub(super) fn note(&self, headers: &dyn HeaderReader, trace_id: TraceId) {
        if let Some(cookie) = self.cookie.get() {
            self.note_cookie(cookie, headers, trace_id);
        }
    }

    #[cold]
    fn note_cookie(&self, cookie: &str, headers: &dyn HeaderReader, trace_id: TraceId) {
        let mut found = None;
        headers.for_each("cookie", &mut |header| {
            found = found.or_else(|| value_in(header, cookie).map(hash));
        });
        let Some(value) = found else { return };
        let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        if traces.len() >= MAX_TRACES {
            traces.pop_front();
        }
        traces.push_back((value, trace_id));
    }

    /// The traces of requests with this value, the newest first.
    pub(super) fn traces(&self, value: &str) -> Vec<TraceId> {
        let value = hash(value.as_bytes());
        let traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        let of_value = traces.iter().rev().filter(|(known, _)| *known == value);
        of_value.map(|(_, trace_id)| *trace_id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> TraceId {
        TraceId::new(number).unwrap()
    }

    fn note(tags: &Tags, cookies: &[&str], number: u128) {
        let headers: Vec<_> = cookies.iter().map(|cookie| ("cookie", cookie.as_bytes())).collect();
        tags.note(&&headers[..], id(number));
    }

    #[test]
    fn requests_are_found_by_the_value_of_their_cookie() {
        let tags = Tags::default();
        note(&tags, &["tag=one"], 1);
        tags.watch("tag");
        tags.watch("other");
        note(&tags, &["session=tag=two; tag=one"], 2);
        note(&tags, &["a=b", "x=y;tag=one ;z=1"], 3);
        note(&tags, &["tag=two"], 4);
        for other in ["", "tag", "tag=", "mytag=one", "tag =one", "other=one", ";;=;"] {
            note(&tags, &[other], 5);
        }
        assert_eq!(tags.traces("one"), [id(3), id(2)]);
        assert_eq!((tags.traces("two"), tags.traces("")), (vec![id(4)], vec![]));
    }

    #[test]
    fn the_newest_are_remembered_and_long_values_are_not() {
        let tags = Tags::default();
        tags.watch("tag");
        note(&tags, &[&format!("tag={}", "x".repeat(MAX_VALUE + 1))], 1);
        for number in 1..=2 * MAX_TRACES as u128 {
            note(&tags, &["tag=one"], number);
        }
        let traces = tags.traces("one");
        assert_eq!((traces.len(), traces[0]), (MAX_TRACES, id(2 * MAX_TRACES as u128)));
        assert_eq!(tags.traces(&"x".repeat(MAX_VALUE + 1)), []);
    }

    #[test]
    fn requests_of_an_instance_are_tagged_on_arrival() {
        use crate::request::{LayerState, Observation, RequestHead};

        let obs = crate::Obs::builder("test").log_writer(std::io::sink()).build().unwrap();
        let layer = LayerState::default().with(|options| options.common.record_into(&obs));
        let head = RequestHead {
            method: "GET",
            path: "/",
            endpoint: Some("/"),
            ..RequestHead::default()
        };
        obs.recorder().tag_requests("tag");
        let headers = [("cookie", b"tag=one".as_slice())];
        drop(Observation::start(layer.instrument(), &head, &&headers[..]));
        drop(Observation::start(layer.instrument(), &head, &()));
        let recent = obs.recorder().recent(&crate::recorder::Filter::new());
        assert_eq!(recent.len(), 2);
        assert_eq!(obs.recorder().tagged("one"), [recent[1].trace_id]);
    }
}
