//! The query layer: typed answers over the sources of an instance, and their renderings.
//!
//! [`answer`] takes a request below `/api/v1/`, checked and split by the server, and returns the bytes to send. It runs on
//! the console's own thread. What the paths answer is described in `openapi.json`; the [types](Answer) have the same names.
//! All lists take a filter, see [`Query`].

mod alerts;
mod api;
mod budgets;
mod controls;
mod convert;
mod diff;
mod durations;
mod endpoint;
mod endpoints;
mod errors;
mod filter;
mod filterable;
mod follow;
mod foreign;
mod history;
mod lines;
mod metrics;
#[cfg(test)]
mod openapi_tests;
mod overview;
mod page;
mod params;
mod problem;
mod quantity;
mod records;
mod red;
mod render;
mod request;
mod running;
mod runtime;
mod session;
mod sources;
mod tail;
#[cfg(test)]
mod tests;
mod trace;
mod tree;
mod types;
mod view;

pub use filter::{BadFilter, Key, Query};
pub use follow::Follow;
pub use foreign::{Foreign, ForeignSpan};
pub use problem::Problem;
pub use request::{ActiveControl, ApiAnswer, ApiRequest, Audited, ConsoleFacts, ControlsState, Format};
pub use sources::Sources;
pub use types::*;

use view::{Made, View};

use crate::Rights;

/// Answers a request of the API.
///
/// # Errors
///
/// The [`Problem`] that the client is told.
pub fn answer(sources: &Sources, request: &ApiRequest<'_>) -> Result<ApiAnswer, Problem> {
    let now = Time::now();
    api::answer(&View { sources, request, now })
}

/// An answer with this as its data, as JSON.
#[must_use]
pub fn enveloped(sources: &Sources, data: &impl serde::Serialize) -> Vec<u8> {
    let request = ApiRequest::default();
    let view = View {
        sources,
        request: &request,
        now: Time::now(),
    };
    serde_json::to_vec(&Made::new(data).answer(&view)).unwrap_or_default()
}

/// A trace, as a client with these rights sees it.
///
/// # Errors
///
/// If it is unknown or evicted.
pub fn trace(sources: &Sources, id: &str, rights: Rights) -> Result<Answer<Trace>, Problem> {
    let request = ApiRequest {
        rights,
        ..ApiRequest::default()
    };
    let view = View {
        sources,
        request: &request,
        now: Time::now(),
    };
    Ok(trace::of_id(&view, id)?.answer(&view))
}
