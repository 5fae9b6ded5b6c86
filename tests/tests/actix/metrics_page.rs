//! The metrics page within a scope of a middleware: that it is the page shows only in its handler.

use actix_web::{App, HttpResponse, dev::Service as _, test, web};
use obs_actix::ObsMiddleware;
use obs_core::{Obs, metrics::Format};
use obs_tests::{logs::LogBuffer, spans::SpanBuffer};

#[actix_web::test]
async fn nested_inside_of_the_middleware_it_leaves_no_signal() {
    let (logs, spans) = (LogBuffer::new(), SpanBuffer::new());
    let builder = Obs::builder("page").log_writer(logs.clone()).log_format(obs_core::logs::LogFormat::Json);
    let obs = builder.log_filter("info").tracer_provider(spans.provider()).build().unwrap();
    let app = App::new()
        .route("/users/{id}", web::get().to(HttpResponse::Ok))
        .service(web::scope("/internal").service(obs_actix::metrics_for("/metrics", &obs)))
        .wrap(ObsMiddleware::new().obs(&obs));
    let app = test::init_service(app).await;
    let ask = |path: &str| app.call(test::TestRequest::get().uri(path).to_request());
    for path in ["/internal/metrics", "/internal/metrics", "/users/7", "/internal/metrics"] {
        let response = ask(path).await.unwrap();
        assert_eq!(response.status(), 200);
        test::read_body(response).await;
    }
    let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
    assert!(!page.contains("/internal"), "the page speaks of itself:\n{page}");
    assert!(page.contains(r#"http_requests_total{method="GET",endpoint="/users/{id}",status="200",outcome="ok"} 1"#));
    obs.shutdown(std::time::Duration::from_secs(5)).unwrap();
    assert_eq!(logs.request_lines().len(), 1);
    assert_eq!(spans.ended().len(), 1, "{:?}", spans.ended());
}
