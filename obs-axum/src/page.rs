//! Pages of obs itself, which no layer records.

use axum::{
    Extension, Router,
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use obs_core::PageOwner;
use tower_layer::layer_fn;

use crate::{ObsService, service::Observer};

/// Marks a response that the layer leaves unrecorded: the page itself, wherever it is nested.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unobserved;

/// A router with the page alone, whose merging takes no other request out of sight.
pub(crate) fn page<S>(path: &str, owner: &PageOwner, page: MethodRouter<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let observer = Observer::Unmatched(owner.clone());
    Router::new().route(path, page).layer(layer_fn(move |inner| ObsService::new(inner, observer.clone())))
}

/// The response of a page.
pub(crate) fn unobserved(response: impl IntoResponse) -> Response {
    (Extension(Unobserved), response).into_response()
}
