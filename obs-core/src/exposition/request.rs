//! What a scrape asks for.

use std::fmt;

use super::encoding::{Accepted, Encoding};
use crate::{
    headers::HeaderReader,
    metrics::{Filter, Format},
};

/// A request for the page, as an adapter sees it.
#[derive(Clone, Copy)]
pub struct PageRequest<'a> {
    /// `GET`; others are refused in the page's own words.
    pub method: &'a str,
    /// The whole path, with the prefixes of routers that the page is nested in.
    pub path: &'a str,
    /// What follows the question mark.
    pub query: Option<&'a str>,
    /// `accept`, `accept-encoding` and `authorization` are read.
    pub headers: &'a dyn HeaderReader,
}

/// What the page is to be written as. Scrapes that wait for the same share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) format: Format,
    pub(super) encoding: Encoding,
    pub(super) filter: Filter,
}

// === impl PageRequest ===

impl PageRequest<'_> {
    pub(super) fn wanted(&self) -> Wanted {
        let mut accept: Vec<Box<[u8]>> = Vec::new();
        self.headers.for_each("accept", &mut |value| accept.push(value.into()));
        let mut encodings = Vec::new();
        self.headers.for_each("accept-encoding", &mut |value| Accepted::read(value, &mut encodings));
        Wanted {
            format: Format::negotiate(accept.iter().map(AsRef::as_ref)),
            encoding: Encoding::negotiate(&encodings),
            filter: self.query.map(Filter::of_query).unwrap_or_default(),
        }
    }
}

impl fmt::Debug for PageRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, query, headers: _ } = self;
        let mut debug = f.debug_struct("PageRequest");
        debug.field("method", method).field("path", path).field("query", query).finish_non_exhaustive()
    }
}
