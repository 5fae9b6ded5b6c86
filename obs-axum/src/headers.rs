//! Headers of the `http` crate, read and written by the core.

use http::{HeaderMap, HeaderName, HeaderValue};
use obs_core::request::{CommonHeaders, HeaderReader, is_trace_response};

/// Among so many headers looking at each is faster than hashing a name.
const FEW: usize = 8;

/// A header map as the core reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Headers<'a>(pub(crate) &'a HeaderMap);

/// Adds a header that tells of the trace, in place of what layers inside have told.
pub(crate) fn tell(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
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

impl HeaderReader for Headers<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        let value = if self.0.keys_len() <= FEW {
            self.0.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| value)
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

    fn common(&self) -> CommonHeaders<'_> {
        let mut common = CommonHeaders::default();
        self.0.iter().for_each(|(name, value)| common.note(name.as_str(), value.as_bytes()));
        common
    }
}
