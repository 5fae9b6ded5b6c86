//! The query layer: typed answers over the sources of an instance, and their renderings.
//!
//! [`answer`] takes a request below `/api/v1/`, checked and split by the server, and returns the bytes to send. It runs on
//! the console's own thread.

mod follow;
mod problem;
mod request;
mod sources;

pub use follow::Follow;
pub use problem::Problem;
pub use request::{ActiveControl, ApiAnswer, ApiRequest, Audited, ConsoleFacts, ControlsState, Format};
pub use sources::Sources;

/// Answers a request of the API.
///
/// # Errors
///
/// The [`Problem`] that the client is told.
pub fn answer(sources: &Sources, request: &ApiRequest<'_>) -> Result<ApiAnswer, Problem> {
    let _ = sources;
    Err(Problem::unknown(format!("there is no {}", request.path.join("/"))))
}
