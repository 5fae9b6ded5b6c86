//! Pages of obs itself, which no middleware records.

use std::future::{Future, ready};

use actix_web::{
    HttpRequest, HttpResponse,
    dev::HttpServiceFactory,
    http::{StatusCode, header},
    web,
};

/// Marks a response that the middleware leaves unrecorded: the page itself, in whatever scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unobserved;

/// A resource that answers `GET` and `HEAD`, and refuses the rest.
pub(crate) fn page<F, A>(path: &str, answer: F) -> impl HttpServiceFactory + use<F, A>
where
    F: Fn(HttpRequest) -> A + Clone + 'static,
    A: Future<Output = HttpResponse> + 'static,
{
    web::resource(path.to_owned())
        .route(web::get().to(answer.clone()))
        .route(web::head().to(answer))
        .default_service(web::to(|| ready(refuse())))
}

fn refuse() -> HttpResponse {
    unobserved(HttpResponse::build(StatusCode::METHOD_NOT_ALLOWED).insert_header((header::ALLOW, "GET, HEAD")).finish())
}

/// The response of a page.
pub(crate) fn unobserved(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(Unobserved);
    response
}
