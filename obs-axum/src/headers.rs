//! Headers of the `http` crate, read and written by the core.

use http::{HeaderMap, HeaderName, HeaderValue};
use obs_core::request::{HeaderReader, is_told};

/// A header map as the core reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Headers<'a>(pub(crate) &'a HeaderMap);

/// Adds a header that tells of the trace, in place of what layers inside have told.
pub(crate) fn tell(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if headers.contains_key(&name) {
        let is_other = |value: &&HeaderValue| !is_told(name.as_str(), value.as_bytes());
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
        self.0.get(name).map(HeaderValue::as_bytes)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for value in self.0.get_all(name) {
            each(value.as_bytes());
        }
    }
}
