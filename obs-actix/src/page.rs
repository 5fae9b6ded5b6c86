//! Pages of obs itself, which no middleware records.

use std::future::Future;

use actix_web::{
    HttpRequest, HttpResponse,
    dev::HttpServiceFactory,
    http::{StatusCode, header},
    web,
};
use obs_core::adapter::PageOwner;

/// Marks a response that the middleware leaves unrecorded: the page itself, in whatever scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unobserved;

/// A resource that answers `GET` and `HEAD`, and refuses the rest.
pub(crate) fn page<F, A>(path: &str, owner: &PageOwner, answer: F) -> impl HttpServiceFactory + use<F, A>
where
    F: Fn() -> A + Clone + 'static,
    A: Future<Output = HttpResponse> + 'static,
{
    let (of_page, of_refusal) = (owner.clone(), owner.clone());
    let page = move |request: HttpRequest| {
        let (owner, answer) = (of_page.clone(), answer.clone());
        async move {
            owner.left_out(request.method().as_str(), request.path()).await;
            answer().await
        }
    };
    let refusal = move |request: HttpRequest| {
        let owner = of_refusal.clone();
        async move {
            owner.leave_out(request.method().as_str(), request.path());
            refuse()
        }
    };
    web::resource(path.to_owned())
        .route(web::get().to(page.clone()))
        .route(web::head().to(page))
        .default_service(web::to(refusal))
}

fn refuse() -> HttpResponse {
    unobserved(
        HttpResponse::build(StatusCode::METHOD_NOT_ALLOWED)
            .insert_header((header::ALLOW, "GET, HEAD"))
            .finish(),
    )
}

/// The response of a page.
pub(crate) fn unobserved(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(Unobserved);
    response
}
