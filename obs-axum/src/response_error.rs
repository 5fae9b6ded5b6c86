//! The error behind a response: it stays with the response, so that the layer sees it.

use std::{any::type_name, error::Error, fmt, panic::Location, sync::Arc};

use obs_core::request::Failure;

/// The error behind a response, in the response's extensions: why a request has failed, for
/// [`ObsLayer`](crate::ObsLayer).
///
/// If the response is an error of the service (5xx, or a gRPC status that is one), the error and its sources are on the
/// line and the span of the request, and in `on_finish`. The client sees nothing of it. Handlers of axum use `WithError`;
/// any other service puts it into the response itself:
///
/// ```
/// use http::Response;
/// use obs_axum::ResponseError;
///
/// fn unavailable(error: std::io::Error) -> Response<String> {
///     let mut response = Response::new("try again later".to_owned());
///     *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
///     response.extensions_mut().insert(ResponseError::new(error));
///     response
/// }
/// # assert!(unavailable(std::io::Error::other("x")).extensions().get::<ResponseError>().is_some());
/// ```
#[derive(Clone)]
pub struct ResponseError {
    error: Arc<dyn Error + Send + Sync>,
    type_name: &'static str,
    location: &'static Location<'static>,
}

// === impl ResponseError ===

impl ResponseError {
    /// Takes any error, also those of `anyhow` and `eyre`, boxed ones, and texts.
    #[must_use]
    #[track_caller]
    pub fn new<E: Into<Box<dyn Error + Send + Sync>>>(error: E) -> Self {
        Self {
            error: Arc::from(error.into()),
            type_name: type_name::<E>(),
            location: Location::caller(),
        }
    }

    /// The error.
    #[must_use]
    pub fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.error
    }

    /// What is recorded of the error.
    pub(crate) fn failure(&self) -> Failure {
        Failure::new(&*self.error).with_type(self.type_name).at(self.location)
    }
}

impl fmt::Debug for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseError")
            .field("type_name", &self.type_name)
            .finish_non_exhaustive()
    }
}
