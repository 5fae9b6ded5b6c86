//! Reading headers without naming a version of the `http` crate.

/// Header access that each adapter implements over its own map.
///
/// Names are lower-case; values are the raw bytes, in the order in which they came.
pub trait HeaderReader {
    /// The first value of `name`.
    fn get(&self, name: &str) -> Option<&[u8]>;

    /// Calls `each` with every value of `name`.
    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8]));
}

/// A borrowed reader reads as the reader itself.
impl<H: HeaderReader + ?Sized> HeaderReader for &H {
    fn get(&self, name: &str) -> Option<&[u8]> {
        (**self).get(name)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        (**self).for_each(name, each);
    }
}

/// No headers at all.
impl HeaderReader for () {
    fn get(&self, _: &str) -> Option<&[u8]> {
        None
    }

    fn for_each(&self, _: &str, _: &mut dyn FnMut(&[u8])) {}
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
