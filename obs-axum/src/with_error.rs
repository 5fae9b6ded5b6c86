//! A response of axum together with the error behind it.

use std::error::Error;

use axum::response::{IntoResponse, Response};

use crate::ResponseError;

/// A response and the error behind it: the client gets the response, line and span of the request get the error.
///
/// The response is anything that axum makes one of, such as a status, or a status with a text. The error is any error,
/// also of `anyhow` and `eyre`, a boxed one, or a text. It is looked at only if the response is an error of the service:
/// with a 4xx nothing is recorded.
///
/// ```
/// use axum::{
///     http::StatusCode,
///     response::{IntoResponse, Response},
/// };
/// use obs_axum::WithError;
///
/// #[derive(Debug)]
/// enum AppError {
///     NotFound,
///     Database(std::io::Error),
/// }
/// # impl std::fmt::Display for AppError {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("x") }
/// # }
/// # impl std::error::Error for AppError {}
///
/// impl IntoResponse for AppError {
///     fn into_response(self) -> Response {
///         let status = match self {
///             Self::NotFound => StatusCode::NOT_FOUND,
///             Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
///         };
///         WithError::new(status, self).into_response()
///     }
/// }
///
/// async fn handler() -> Result<String, AppError> {
///     std::fs::read_to_string("orders").map_err(AppError::Database)
/// }
/// ```
///
/// So are errors of tower's layers: `HandleErrorLayer::new(|error: BoxError| async {
/// WithError::new(StatusCode::SERVICE_UNAVAILABLE, error) })`.
#[derive(Clone, Debug)]
#[must_use = "a response does nothing until it is returned"]
pub struct WithError<R> {
    response: R,
    error: ResponseError,
}

// === impl WithError ===

impl<R> WithError<R> {
    /// The response `response`, because of `error`.
    #[track_caller]
    pub fn new<E: Into<Box<dyn Error + Send + Sync>>>(response: R, error: E) -> Self {
        Self {
            response,
            error: ResponseError::new(error),
        }
    }
}

impl<R: IntoResponse> IntoResponse for WithError<R> {
    fn into_response(self) -> Response {
        let Self { response, error } = self;
        let mut response = response.into_response();
        response.extensions_mut().insert(error);
        response
    }
}
