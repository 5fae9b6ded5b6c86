//! The metrics page on actix-web.

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service},
    web,
};
use obs_actix::metrics_for;
use obs_tests::page::Page;

use crate::support::{Answer, Watch, get, hello};

#[actix_web::test]
async fn the_page_shows_other_requests_and_never_itself() {
    let watch = Watch::new();
    let app = App::new().wrap(watch.middleware()).configure(hello("/users/{id}"));
    let app = init_service(app.service(metrics_for("/metrics", &watch.obs))).await;
    for path in ["/metrics", "/users/7", "/metrics", "/metrics"] {
        Answer::of(call_service(&app, get(path).to_request()).await).await;
    }
    let answer = Answer::of(call_service(&app, get("/metrics").to_request()).await).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("text/plain; version=0.0.4; charset=utf-8"))
    );
    let page = Page::parse(std::str::from_utf8(&answer.body).unwrap()).unwrap();
    assert_eq!(page.value("http_requests_total", &[]), Some(1.0));
    assert_eq!(watch.only().endpoint, "/users/{id}");
}

#[actix_web::test]
async fn the_page_is_left_out_in_whatever_scope() {
    let watch = Watch::new();
    let scope = web::scope("/internal").service(metrics_for("/metrics", &watch.obs));
    let app = init_service(App::new().wrap(watch.middleware()).configure(hello("/")).service(scope)).await;
    // The first answer of the page tells where it is mounted; the span that was begun by then stays.
    Answer::of(call_service(&app, get("/internal/metrics").to_request()).await).await;
    watch.spans.clear();
    for path in ["/internal/metrics", "/internal/metrics", "/"] {
        Answer::of(call_service(&app, get(path).to_request()).await).await;
    }
    assert_eq!(watch.only().endpoint, "/");
}

#[actix_web::test]
async fn the_page_comes_in_the_format_that_is_asked_for() {
    let watch = Watch::new();
    let request = get("/metrics").insert_header(("accept", "application/openmetrics-text;version=1.0.0"));
    let answer = watch
        .ask(request, |config| {
            config.service(metrics_for("/metrics", &watch.obs));
        })
        .await;
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    assert!(answer.body.ends_with(b"# EOF\n"));
}

#[actix_web::test]
async fn the_page_answers_get_and_head_only() {
    let watch = Watch::new();
    let app = init_service(
        App::new()
            .wrap(watch.middleware())
            .service(metrics_for("/metrics", &watch.obs)),
    )
    .await;
    for (method, status) in [("HEAD", 200), ("POST", 405), ("DELETE", 405), ("BREW", 405)] {
        let request = TestRequest::with_uri("/metrics").method(method.parse().unwrap());
        let answer = Answer::of(call_service(&app, request.to_request()).await).await;
        assert_eq!(answer.status, status, "{method}");
        assert_eq!(
            answer.header("allow"),
            (status == 405).then_some("GET, HEAD"),
            "{method}"
        );
    }
    assert_eq!(watch.ended().len(), 0);
}

#[actix_web::test]
async fn without_init_the_page_shows_what_the_middleware_recorded() {
    let app = App::new()
        .wrap(obs_actix::ObsMiddleware::new().namespace("page_test"))
        .configure(hello("/"));
    let app = init_service(app.service(obs_actix::metrics("/metrics"))).await;
    Answer::of(call_service(&app, get("/").to_request()).await).await;
    let answer = Answer::of(call_service(&app, get("/metrics").to_request()).await).await;
    let page = Page::parse(std::str::from_utf8(&answer.body).unwrap()).unwrap();
    assert_eq!(page.value("page_test_requests_total", &[("endpoint", "/")]), Some(1.0));
}
