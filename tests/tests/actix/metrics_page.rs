//! The metrics page within a scope of a middleware: that it is the page shows only in its handler.

use actix_web::{
    App, HttpResponse,
    dev::Service as _,
    test::{self, TestRequest},
    web,
};
use obs_actix::ObsMiddleware;
use obs_core::Obs;
use obs_tests::{logs::LogBuffer, spans::SpanBuffer};

/// Asks the page and something else by turns; the latter is to be seen each time.
async fn check_beside(middleware: fn(ObsMiddleware) -> ObsMiddleware, other: &str) {
    const ROUNDS: usize = 100;
    let (logs, spans) = (LogBuffer::new(), SpanBuffer::new());
    let builder = Obs::builder("page")
        .log_writer(logs.clone())
        .log_format(obs_core::logs::LogFormat::Json);
    let obs = builder
        .log_filter("info")
        .tracer_provider(spans.provider())
        .build()
        .unwrap();
    let app = App::new()
        .route("/metrics", web::get().to(HttpResponse::Ok))
        .service(web::scope("/internal").service(obs_actix::metrics_for("/metrics", &obs)))
        .default_service(web::to(HttpResponse::Ok))
        .wrap(middleware(ObsMiddleware::new().obs(&obs)));
    let app = test::init_service(app).await;
    for _ in 0..ROUNDS {
        for path in ["/internal/metrics", other] {
            let request = TestRequest::with_uri(path).to_request();
            test::read_body(app.call(request).await.unwrap()).await;
        }
    }
    let page = obs_tests::page::text_of(obs.registry());
    assert!(
        page.contains(&format!("status=\"200\",outcome=\"ok\"}} {ROUNDS}\n")),
        "{page}"
    );
    obs.shutdown(std::time::Duration::from_secs(5)).unwrap();
    assert_eq!(logs.request_lines().len(), ROUNDS);
    assert!(
        (ROUNDS - 1..=ROUNDS).contains(&spans.ended().len()),
        "{}",
        spans.ended().len()
    );
}

#[actix_web::test]
async fn it_silences_nothing_else() {
    // A route of the application that is called like the page, and whatever is in one group with it.
    check_beside(|middleware| middleware, "/metrics").await;
    check_beside(|middleware| middleware.endpoint(|_| "group"), "/anything").await;
}

#[actix_web::test]
async fn nested_inside_of_the_middleware_it_leaves_no_signal() {
    let (logs, spans) = (LogBuffer::new(), SpanBuffer::new());
    let builder = Obs::builder("page")
        .log_writer(logs.clone())
        .log_format(obs_core::logs::LogFormat::Json);
    let obs = builder
        .log_filter("info")
        .tracer_provider(spans.provider())
        .build()
        .unwrap();
    let app = App::new()
        .route("/users/{id}", web::get().to(HttpResponse::Ok))
        .service(web::scope("/internal").service(obs_actix::metrics_for("/metrics", &obs)))
        .wrap(ObsMiddleware::new().obs(&obs));
    let app = test::init_service(app).await;
    let ask = |path: &str| app.call(TestRequest::get().uri(path).to_request());
    for path in [
        "/internal/metrics",
        "/internal/metrics",
        "/users/7",
        "/internal/metrics",
    ] {
        let response = ask(path).await.unwrap();
        assert_eq!(response.status(), 200);
        test::read_body(response).await;
    }
    let page = obs_tests::page::text_of(obs.registry());
    assert!(!page.contains("/internal"), "the page speaks of itself:\n{page}");
    assert!(page.contains(r#"http_requests_total{method="GET",endpoint="/users/{id}",status="200",outcome="ok"} 1"#));
    obs.shutdown(std::time::Duration::from_secs(5)).unwrap();
    assert_eq!(logs.request_lines().len(), 1);
    assert_eq!(spans.ended().len(), 1, "{:?}", spans.ended());
}
