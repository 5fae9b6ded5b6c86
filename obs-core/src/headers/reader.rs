//! Reading headers independently of a version of the `http` crate.

use std::collections::{BTreeMap, HashMap};

use crate::names::header;

/// Read access to the headers of a request or response, which each adapter implements for its header map.
///
/// Names are passed in lower case; values are raw bytes, in the order of the message. Implemented for `()` (no headers)
/// and for slices, vectors and maps of names and values:
///
/// ```
/// use obs_core::request::HeaderReader;
///
/// let headers = [("host", b"shop.example".as_slice()), ("te", b"trailers".as_slice())];
/// assert_eq!(HeaderReader::get(&headers[..], "te"), Some(b"trailers".as_slice()));
/// assert_eq!(().get("te"), None);
/// ```
pub trait HeaderReader {
    /// The first value of the header `name`.
    fn get(&self, name: &str) -> Option<&[u8]>;

    /// Calls `each` with every value of the header `name`, in order.
    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8]));

    /// The headers that are read from every request.
    ///
    /// The default looks each of them up. For a map that can be iterated, one iteration that passes each header to
    /// [`CommonHeaders::note`] is faster.
    fn common(&self) -> CommonHeaders<'_> {
        let mut common = CommonHeaders {
            host: self.get(header::HOST),
            request_id: self.get(header::REQUEST_ID),
            user_agent: self.get(header::USER_AGENT),
            traceparent: self.get(header::TRACEPARENT),
            has_tracestate: self.get(header::TRACESTATE).is_some(),
            has_baggage: self.get(header::BAGGAGE).is_some(),
            ..CommonHeaders::default()
        };
        self.for_each(header::TRACEPARENT, &mut |_| common.traceparents += 1);
        common
    }
}

/// The headers that are read from every request, returned by [`HeaderReader::common`].
///
/// These are `host`, `x-request-id`, `user-agent`, `traceparent`, `tracestate` and `baggage`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommonHeaders<'a> {
    pub(crate) host: Option<&'a [u8]>,
    pub(crate) request_id: Option<&'a [u8]>,
    pub(crate) user_agent: Option<&'a [u8]>,
    /// The first value.
    pub(crate) traceparent: Option<&'a [u8]>,
    pub(crate) traceparents: usize,
    pub(crate) has_tracestate: bool,
    pub(crate) has_baggage: bool,
}

// === impl CommonHeaders ===

impl<'a> CommonHeaders<'a> {
    /// Stores a header if it is one of the common ones, and ignores it otherwise.
    ///
    /// Has to be called with every header of the request, in order, with its name in lower case.
    #[inline]
    pub fn note(&mut self, name: &str, value: &'a [u8]) {
        let place = match name {
            header::HOST => &mut self.host,
            header::REQUEST_ID => &mut self.request_id,
            header::USER_AGENT => &mut self.user_agent,
            header::TRACEPARENT => {
                self.traceparents += 1;
                &mut self.traceparent
            }
            header::TRACESTATE => return self.has_tracestate = true,
            header::BAGGAGE => return self.has_baggage = true,
            _ => return,
        };
        place.get_or_insert(value);
    }
}

/// A reference to a reader reads the same headers.
impl<H: HeaderReader + ?Sized> HeaderReader for &H {
    fn get(&self, name: &str) -> Option<&[u8]> {
        (**self).get(name)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        (**self).for_each(name, each);
    }

    fn common(&self) -> CommonHeaders<'_> {
        (**self).common()
    }
}

/// No headers.
impl HeaderReader for () {
    fn get(&self, _: &str) -> Option<&[u8]> {
        None
    }

    fn for_each(&self, _: &str, _: &mut dyn FnMut(&[u8])) {}

    fn common(&self) -> CommonHeaders<'_> {
        CommonHeaders::default()
    }
}

/// Implements [`HeaderReader`] for what is iterated as pairs of names, in any case, and values.
macro_rules! reader_of_pairs {
    ($(#[$doc:meta] [$($param:ident),*] $pairs:ty;)*) => {$(
        #[$doc]
        impl<$($param,)*> HeaderReader for $pairs
        where
            K: AsRef<str>,
            V: AsRef<[u8]>,
        {
            fn get(&self, name: &str) -> Option<&[u8]> {
                let mut pairs = self.iter();
                let found = pairs.find(|pair| pair.0.as_ref().eq_ignore_ascii_case(name))?;
                Some(found.1.as_ref())
            }

            fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
                for pair in self.iter().filter(|pair| pair.0.as_ref().eq_ignore_ascii_case(name)) {
                    each(pair.1.as_ref());
                }
            }
        }
    )*};
}

reader_of_pairs! {
    /// Names and values, for tests, messages and other protocols.
    [K, V] [(K, V)];
    /// Names and values, such as the headers of a message.
    [K, V] Vec<(K, V)>;
    /// Names and values, such as the headers of a message.
    [K, V, S] HashMap<K, V, S>;
    /// Names and values, such as the headers of a message.
    [K, V] BTreeMap<K, V>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_iteration_finds_the_same_as_lookups(
            names in prop::collection::vec(
                prop::sample::select(
                    &["host", "x-request-id", "user-agent", "traceparent", "tracestate", "baggage", "accept"][..],
                ),
                0..12,
            ),
        ) {
            let values: Vec<String> = (0..names.len()).map(|n| n.to_string()).collect();
            let headers: Vec<(&str, &[u8])> = names.into_iter().zip(values.iter().map(String::as_bytes)).collect();
            let mut walked = CommonHeaders::default();
            for (name, value) in &headers {
                walked.note(name, value);
            }
            prop_assert_eq!(walked, headers[..].common());
        }
    }
}
