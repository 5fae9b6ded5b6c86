//! The service on actix-web.

use actix_web::{
    App, HttpResponse,
    body::to_bytes,
    dev::Service as _,
    http::Version,
    rt::System,
    test::{TestRequest, init_service},
    web,
};
use obs_actix::ObsMiddleware;

use crate::served::Ask;

/// The status of the answer to each, of a service with this middleware.
pub(crate) fn ask(middleware: ObsMiddleware, asks: &[Ask]) -> Vec<u16> {
    System::new().block_on(async {
        let routes = App::new()
            .wrap(middleware)
            .route("/users/{id}", web::get().to(async || "hello"))
            .route("/fail", web::get().to(async || HttpResponse::InternalServerError()));
        let service = init_service(routes).await;
        let mut statuses = Vec::new();
        for ask in asks {
            let response = service
                .call(request(ask).to_request())
                .await
                .expect("errors are answers");
            statuses.push(response.status().as_u16());
            to_bytes(response.into_body()).await.expect("a body to its end");
        }
        statuses
    })
}

fn request(ask: &Ask) -> TestRequest {
    let Ask {
        method,
        path,
        version,
        tier,
    } = *ask;
    let method = method.parse().expect("a method");
    let version = if version == http::Version::HTTP_2 {
        Version::HTTP_2
    } else {
        Version::HTTP_11
    };
    let request = TestRequest::with_uri(path).method(method).version(version);
    match tier {
        Some(tier) => request.insert_header(("x-tier", tier)),
        None => request,
    }
}
