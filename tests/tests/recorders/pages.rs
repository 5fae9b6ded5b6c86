//! The exporter's page, with what the layer records on it.

use actix_web::{
    App, HttpResponse,
    body::to_bytes,
    dev::{Service, ServiceResponse},
    http::Method as ActixMethod,
    rt::System,
    test::{TestRequest, init_service},
    web,
};
use axum::{Router, body::Body, http::StatusCode, routing::get};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use obs_actix::ObsMiddleware;
use obs_axum::ObsLayer;
use obs_core::{
    Obs,
    metrics::{DURATION_BUCKETS, SIZE_BUCKETS},
};
use obs_tests::page::{Kind, Page};
use tower::ServiceExt as _;

/// An instance over the exporter.
fn instance() -> (Obs, PrometheusHandle) {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("duration_seconds".to_owned()), &DURATION_BUCKETS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("size_bytes".to_owned()), &SIZE_BUCKETS))
        .expect("bounds")
        .build_recorder();
    let handle = recorder.handle();
    let builder = Obs::builder("test").log_writer(std::io::sink()).recorder(recorder);
    (builder.build().expect("valid settings"), handle)
}

/// What comes back, whatever the framework.
struct Answer {
    status: u16,
    content_type: String,
    body: String,
}

const ASKS: [(&str, &str); 5] = [
    ("GET", "/users/7"),
    ("GET", "/users/8"),
    ("GET", "/fail"),
    ("GET", "/nowhere"),
    ("HEAD", "/metrics"),
];

#[track_caller]
fn check(answers: &[Answer], page: &Answer, not_ours: &Answer) {
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 500, 404, 200]);
    assert_eq!(
        (page.status, page.content_type.as_str()),
        (200, "text/plain; version=0.0.4; charset=utf-8")
    );
    check_page(&Page::parse_tolerant(&page.body).unwrap_or_else(|error| panic!("{error}\n{}", page.body)));
    assert_eq!(not_ours.status, 503);
    assert!(not_ours.body.contains("metrics_from"), "{}", not_ours.body);
}

fn check_page(page: &Page) {
    let requests = |endpoint, status, outcome| {
        let labels = [
            ("method", "GET"),
            ("endpoint", endpoint),
            ("status", status),
            ("outcome", outcome),
        ];
        page.value("http_requests_total", &labels)
    };
    assert_eq!(requests("/users/{id}", "200", "ok"), Some(2.0), "{page:#?}");
    assert_eq!(requests("/fail", "500", "server_error"), Some(1.0));
    assert_eq!(requests("unmatched", "404", "client_error"), Some(1.0));
    assert_eq!(
        page.series_count("http_requests_total"),
        3,
        "the page itself is left out"
    );
    assert_eq!(
        page.value("http_errors_total", &[("endpoint", "/fail"), ("error_type", "500")]),
        Some(1.0)
    );
    assert_eq!(page.sum("http_requests_in_flight", &[]), 0.0);
    let duration = page.family("http_request_duration_seconds").expect("the family");
    assert_eq!(duration.kind, Kind::Histogram);
    assert_eq!(
        duration.help,
        "Time from the arrival of a request to the last byte of its answer."
    );
    let user = [("endpoint", "/users/{id}"), ("status", "200")];
    assert_eq!(page.value("http_request_duration_seconds_count", &user), Some(2.0));
    let bounds: Vec<f64> = page
        .samples("http_request_duration_seconds_bucket", &user)
        .map(|bucket| bucket.label("le").and_then(|le| le.parse().ok()).expect("a bound"))
        .collect();
    assert_eq!(bounds[..bounds.len() - 1], DURATION_BUCKETS);
    assert_eq!(
        page.value("http_response_size_bytes_sum", &[("endpoint", "/users/{id}")]),
        Some(10.0)
    );
}

#[test]
fn axum_serves_the_page_of_the_exporter() {
    let (obs, handle) = instance();
    let app = Router::new()
        .route("/users/{id}", get(async || "hello"))
        .route("/fail", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        // Within the layer: its own request must not show there.
        .merge(obs_axum::metrics_from("/metrics", handle))
        .layer(ObsLayer::new().obs(&obs))
        .merge(obs_axum::metrics_for("/ours", &obs));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let ask = |(method, path): (&str, &str)| {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .expect("a request");
        runtime.block_on(async {
            let response = app.clone().oneshot(request).await.expect("a router never fails");
            let (head, body) = response.into_parts();
            let body = body.collect().await.expect("a body").to_bytes();
            let content_type = head.headers.get("content-type").and_then(|value| value.to_str().ok());
            Answer {
                status: head.status.as_u16(),
                content_type: content_type.unwrap_or_default().to_owned(),
                body: String::from_utf8(body.to_vec()).expect("text"),
            }
        })
    };
    let answers = ASKS.map(ask);
    check(&answers, &ask(("GET", "/metrics")), &ask(("GET", "/ours")));
    assert_eq!(answers[4].body, "", "the answer to HEAD");
    assert_eq!(ask(("POST", "/metrics")).status, 405);
}

#[test]
fn actix_web_serves_the_page_of_the_exporter() {
    let (obs, handle) = instance();
    System::new().block_on(async {
        let app = App::new()
            .wrap(ObsMiddleware::new().obs(&obs))
            .route("/users/{id}", web::get().to(async || "hello"))
            .route("/fail", web::get().to(async || HttpResponse::InternalServerError()))
            .service(obs_actix::metrics_from("/metrics", handle))
            .service(obs_actix::metrics_for("/ours", &obs));
        let app = init_service(app).await;
        let mut answers = Vec::new();
        for (method, path) in ASKS
            .into_iter()
            .chain([("GET", "/metrics"), ("GET", "/ours"), ("POST", "/metrics")])
        {
            let method = ActixMethod::from_bytes(method.as_bytes()).expect("a method");
            let request = TestRequest::with_uri(path).method(method).to_request();
            answers.push(answer(app.call(request).await.expect("errors are answers")).await);
        }
        check(&answers[..5], &answers[5], &answers[6]);
        assert_eq!(answers[7].status, 405);
    });
}

async fn answer(response: ServiceResponse<impl actix_web::body::MessageBody>) -> Answer {
    let status = response.status().as_u16();
    let content_type = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let body = to_bytes(response.into_body()).await.ok().expect("a body");
    Answer {
        status,
        content_type,
        body: String::from_utf8(body.to_vec()).expect("text"),
    }
}

/// Without the exporter's crate, any closure that gives a page will do.
#[test]
fn a_closure_is_a_page_too() {
    let app: Router = obs_axum::metrics_from("/metrics", || "# TYPE up gauge\nup 1\n".to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let request = Request::get("/metrics").body(Body::empty()).expect("a request");
    let body = runtime.block_on(async {
        let response = app.oneshot(request).await.expect("a router never fails");
        response.into_body().collect().await.expect("a body").to_bytes()
    });
    assert_eq!(body, "# TYPE up gauge\nup 1\n");
}
