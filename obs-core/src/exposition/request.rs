//! The request of a scrape.

use std::fmt;

use super::encoding::{Accepted, Encoding};
use crate::{
    headers::HeaderReader,
    metrics::{Filter, Format},
};

/// A request for the metrics page, which an adapter fills in from its framework's type.
#[derive(Clone, Copy)]
pub struct PageRequest<'a> {
    /// The method; others than `GET` and `HEAD` get the response 405.
    pub method: &'a str,
    /// The full path, including the prefixes of routers in which the page is nested.
    pub path: &'a str,
    /// The query string after the question mark, such as `name[]=http_requests_total`.
    pub query: Option<&'a str>,
    /// The headers, of which `accept`, `accept-encoding` and `authorization` are read.
    pub headers: &'a dyn HeaderReader,
}

/// The requested form of the page. Scrapes that wait for the same form share one page.
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
        self.headers
            .for_each("accept-encoding", &mut |value| Accepted::read(value, &mut encodings));
        Wanted {
            format: Format::negotiate(accept.iter().map(AsRef::as_ref)),
            encoding: Encoding::negotiate(&encodings),
            filter: self.query.map(Filter::of_query).unwrap_or_default(),
        }
    }
}

impl fmt::Debug for PageRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            path,
            query,
            headers: _,
        } = self;
        let mut debug = f.debug_struct("PageRequest");
        debug
            .field("method", method)
            .field("path", path)
            .field("query", query)
            .finish_non_exhaustive()
    }
}
