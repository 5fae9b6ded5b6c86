//! The metrics page over HTTP: what it answers to which request, decided here and translated by
//! adapters.
//!
//! | request | answer |
//! |---|---|
//! | `GET`, `HEAD` | the page in the format that `Accept` prefers, compressed as `Accept-Encoding` prefers |
//! | `?name[]=a&name[]=b` | only the metrics of these names |
//! | without the bearer token, where one is set | 401 |
//! | another method | 405 |
//! | too many pages in flight, or no page within the time limit | 503 with `Retry-After` |
//! | while metrics go to another recorder | 503 |
//!
//! A page is written on a thread of its own and never on that of a request: handing it over takes
//! some microseconds, while a page of 10 000 histograms takes milliseconds to write and a hundred to
//! compress, and what is collected for it (see
//! [`Registry::before_render`](crate::metrics::Registry::before_render)) may take any time. Pages are
//! written one after the other, so scrapes use one core at most, however many come.

mod answer;
mod encoding;
mod queue;
mod request;
mod response;
mod settings;
mod source;
mod token;
mod worker;

pub(crate) use settings::{Exposition, Hidden, PageSettings};
pub(crate) use source::Source;

pub use request::PageRequest;
pub use response::PageResponse;
