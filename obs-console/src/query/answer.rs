//! What the server calls.

use super::{
    ApiAnswer, ApiRequest, Problem, Sources, api,
    trace::of_id,
    types::{Answer, Time, Trace},
    view::View,
};
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
    Ok(of_id(&view, id)?.answer(&view))
}
