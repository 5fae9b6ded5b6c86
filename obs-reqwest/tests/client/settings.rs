//! What the setters change.

use http::header;
use obs_reqwest::{RequestBuilderExt as _, Target, obs_core::metrics::Convention, reqwest};
use obs_tests::spans::value;
use opentelemetry::{Array, StringValue, Value};

use crate::support::{Bench, Upstream, plain};

#[tokio::test]
async fn a_closed_list_of_hosts_keeps_the_others_together() {
    let (bench, upstream) = (
        Bench::with(|middleware| middleware.hosts(["users.internal"])),
        Upstream::start(),
    );
    bench.http.get(upstream.url("/")).send().await.unwrap();
    let page = bench.page();
    assert_eq!(
        page.label_values("http_client_requests_total", "host")
            .into_iter()
            .collect::<Vec<_>>(),
        ["_OTHER"]
    );
}

#[tokio::test]
async fn hosts_beyond_the_cap_are_other() {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let upstream = Upstream::start();
    let client = (0..5).fold(client, |client, n| {
        client.resolve(&format!("host-{n}.test"), upstream.addr())
    });
    let bench = Bench::new().behind_with(client.build().unwrap(), |middleware| middleware.max_hosts(2));
    for n in 0..5 {
        bench
            .http
            .get(format!("http://host-{n}.test:{}/", upstream.addr().port()))
            .send()
            .await
            .unwrap();
    }
    let page = bench.page();
    let hosts: Vec<_> = page
        .label_values("http_client_requests_total", "host")
        .into_iter()
        .collect();
    assert_eq!(hosts, ["_OTHER", "host-0.test", "host-1.test"]);
    assert!((page.sum("http_client_requests_total", &[]) - 5.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn templates_are_relative_to_the_base_url() {
    let bench = Bench::with(|middleware| middleware.base_url("http://127.0.0.1/api"));
    let upstream = Upstream::start();
    bench
        .http
        .get(upstream.url("/api/users/7"))
        .target("/users/{id}")
        .send()
        .await
        .unwrap();
    bench.expect("GET", "/api/users/{id}", "200", "ok", None);
    assert_eq!(value(&bench.span(), "url.template"), Some(&"/api/users/{id}".into()));
}

#[tokio::test]
async fn a_base_url_that_is_none_is_left_out() {
    let (bench, upstream) = (
        Bench::with(|middleware| middleware.base_url("users:8080")),
        Upstream::start(),
    );
    bench.http.get(upstream.url("/")).send().await.unwrap();
    bench.expect("GET", "", "200", "ok", None);
}

#[tokio::test]
async fn a_target_can_be_given_by_extension() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let mut extensions = http::Extensions::new();
    extensions.insert(Target::new("/users/{id}"));
    let request = plain().get(upstream.url("/users/7")).build().unwrap();
    bench
        .http
        .execute_with_extensions(request, &mut extensions)
        .await
        .unwrap();
    bench.expect("GET", "/users/{id}", "200", "ok", None);
}

#[tokio::test]
async fn the_namespace_stands_before_the_names() {
    let (bench, upstream) = (
        Bench::with(|middleware| middleware.namespace("shop")),
        Upstream::start(),
    );
    bench.http.get(upstream.url("/")).send().await.unwrap();
    assert_eq!(
        bench.page().value("shop_client_requests_total", &[("status", "200")]),
        Some(1.0)
    );
}

#[tokio::test]
async fn the_metrics_can_have_the_names_of_opentelemetry() {
    let bench = Bench::with(|middleware| middleware.convention(Convention::OpenTelemetry));
    let upstream = Upstream::start();
    bench
        .http
        .get(upstream.url("/status/404"))
        .target("/status/{code}")
        .send()
        .await
        .unwrap();
    let port = upstream.addr().port().to_string();
    let labels = [
        ("http_request_method", "GET"),
        ("server_address", "127.0.0.1"),
        ("server_port", &port),
        ("url_template", "/status/{code}"),
        ("url_scheme", "http"),
        ("http_response_status_code", "404"),
        ("error_type", "404"),
    ];
    assert_eq!(
        bench
            .page()
            .value("http_client_request_duration_seconds_count", &labels),
        Some(1.0)
    );
}

#[tokio::test]
async fn without_metrics_there_are_no_series() {
    let (bench, upstream) = (Bench::with(|middleware| middleware.metrics(false)), Upstream::start());
    bench.http.get(upstream.url("/")).send().await.unwrap();
    assert_eq!(bench.page().series_count("http_client_requests_total"), 0);
    assert_eq!(bench.spans.ended().len(), 1);
}

#[tokio::test]
async fn headers_go_to_the_span_from_the_list_only() {
    let bench = Bench::with(|middleware| {
        middleware
            .capture_request_headers(["X-Tenant", "x-none"])
            .capture_response_headers(["content-length"])
    });
    let upstream = Upstream::start();
    let request = bench
        .http
        .get(upstream.url("/"))
        .header("x-tenant", "acme")
        .header(header::AUTHORIZATION, "secret");
    request.send().await.unwrap();
    let span = bench.span();
    let list = |text: &'static str| Value::Array(Array::String(vec![StringValue::from(text)]));
    assert_eq!(value(&span, "http.request.header.x-tenant"), Some(&list("acme")));
    assert_eq!(value(&span, "http.response.header.content-length"), Some(&list("5")));
    assert!(!format!("{span:?}").contains("secret") && value(&span, "http.request.header.x-none").is_none());
}

#[tokio::test]
async fn sizes_of_bodies_go_to_the_span_if_asked_for() {
    let (bench, upstream) = (Bench::with(|middleware| middleware.body_sizes(true)), Upstream::start());
    bench.http.post(upstream.url("/")).body("hi").send().await.unwrap();
    let span = bench.span();
    assert_eq!(value(&span, "http.request.body.size"), Some(&2.into()));
    assert_eq!(value(&span, "http.response.body.size"), Some(&5.into()));
}

#[tokio::test]
async fn credentials_and_own_query_keys_are_redacted() {
    let (bench, upstream) = (
        Bench::with(|middleware| middleware.redact_query(["iban"])),
        Upstream::start(),
    );
    let url = format!("http://me:hunter2@{}/?iban=DE1&sig=x", upstream.addr());
    let request = reqwest::Request::new(reqwest::Method::GET, url.parse().unwrap());
    bench.http.execute(request).await.unwrap();
    let expected = format!(
        "http://REDACTED:REDACTED@{}/?iban=REDACTED&sig=REDACTED",
        upstream.addr()
    );
    assert_eq!(value(&bench.span(), "url.full"), Some(&expected.into()));
    assert!(!format!("{:?}", bench.span()).contains("hunter2"));
}
