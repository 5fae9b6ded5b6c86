//! Pages of obs itself, which no layer records.

use std::future::Future;

use axum::{
    Extension, Router,
    extract::OriginalUri,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use obs_core::adapter::PageOwner;
use tower_layer::layer_fn;

use crate::{ObsService, routing::Unobserved, service::Observer};

/// A router with the page alone, whose merging takes no other request out of sight.
pub(crate) fn page<S>(path: &str, owner: &PageOwner, page: &MethodRouter<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    pages([path.to_owned()], owner, page)
}

/// [`page`] at several paths.
pub(crate) fn pages<S>(paths: impl IntoIterator<Item = String>, owner: &PageOwner, page: &MethodRouter<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let observer = Observer::Unmatched(owner.clone());
    let router = paths
        .into_iter()
        .fold(Router::new(), |router, path| router.route(&path, page.clone()));
    router.layer(layer_fn(move |inner| ObsService::new(inner, observer.clone())))
}

/// What answers `GET` and `HEAD` with a page, and refuses the rest; neither is recorded.
pub(crate) fn get_only<S, F, A>(owner: &PageOwner, answer: F) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    F: Fn() -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response> + Send,
{
    let (of_page, of_refusal) = (owner.clone(), owner.clone());
    let page = async move |method: Method, OriginalUri(uri): OriginalUri| {
        of_page.left_out(method.as_str(), uri.path()).await;
        answer().await
    };
    let refuse = async move |method: Method, OriginalUri(uri): OriginalUri| {
        of_refusal.leave_out(method.as_str(), uri.path());
        unobserved(StatusCode::METHOD_NOT_ALLOWED)
    };
    get(page).fallback(refuse)
}

/// The response of a page.
pub(crate) fn unobserved(response: impl IntoResponse) -> Response {
    (Extension(Unobserved), response).into_response()
}
