//! The metrics page over HTTP: the response to each request, which adapters translate to their framework's types.
//!
//! | request | response |
//! |---|---|
//! | `GET`, `HEAD` | the page in the format that `Accept` prefers, compressed as `Accept-Encoding` prefers |
//! | `?name[]=a&name[]=b` | only the metrics of these names |
//! | without the bearer token, if one is set | 401 |
//! | another method | 405 |
//! | too many pages in flight, or no page within the time limit | 503 with `Retry-After` |
//! | while metrics go to another recorder | 503 |
//!
//! A page is rendered on a thread of its own, never on that of a request. Passing it between threads takes some
//! microseconds, while a page of 10 000 histograms takes milliseconds to render and 100 ms to compress, and the hooks
//! of [`Registry::before_render`](crate::metrics::Registry::before_render) may take any time. Pages are rendered one
//! after the other, so that any number of scrapes uses at most one core.

mod answer;
mod encoding;
mod queue;
mod request;
mod response;
mod settings;
mod source;
mod worker;

pub(crate) use settings::{Exposition, Hidden, PageSettings};
pub(crate) use source::Source;

pub use request::PageRequest;
pub use response::PageResponse;
