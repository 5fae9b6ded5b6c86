//! Reading headers without naming a version of the `http` crate.

use crate::names::header;

/// Header access that each adapter implements over its own map.
///
/// Names are lower-case; values are the raw bytes, in the order in which they came.
pub trait HeaderReader {
    /// The first value of `name`.
    fn get(&self, name: &str) -> Option<&[u8]>;

    /// Calls `each` with every value of `name`.
    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8]));

    /// The headers that are read of every request. Where a map can be walked, one walk is cheaper than
    /// a look-up for each: hand every header to [`CommonHeaders::note`].
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

/// The headers that are read of every request; made by [`HeaderReader::common`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommonHeaders<'a> {
    pub(crate) host: Option<&'a [u8]>,
    pub(crate) request_id: Option<&'a [u8]>,
    pub(crate) user_agent: Option<&'a [u8]>,
    /// The first of them.
    pub(crate) traceparent: Option<&'a [u8]>,
    pub(crate) traceparents: usize,
    pub(crate) has_tracestate: bool,
    pub(crate) has_baggage: bool,
}

// === impl CommonHeaders ===

impl<'a> CommonHeaders<'a> {
    /// Takes notice of a header, by its lower-case name; to be called with all of them, in the order in
    /// which they came. Those that are not common are ignored.
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

/// A borrowed reader reads as the reader itself.
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

/// No headers at all.
impl HeaderReader for () {
    fn get(&self, _: &str) -> Option<&[u8]> {
        None
    }

    fn for_each(&self, _: &str, _: &mut dyn FnMut(&[u8])) {}

    fn common(&self) -> CommonHeaders<'_> {
        CommonHeaders::default()
    }
}

/// A list of names and values, for tests and adapters of other protocols.
impl HeaderReader for [(&str, &[u8])] {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for (_, value) in self.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)) {
            each(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_walk_finds_what_look_ups_find(
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
