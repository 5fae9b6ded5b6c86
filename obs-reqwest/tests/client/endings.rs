//! Every way in which an attempt can end, against servers on loopback, in every signal.

use std::{
    net::SocketAddr,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::support::{Bench, Rude, Truncated, Upstream, nobody, plain, rude};
use futures_util::FutureExt as _;
use http::Extensions;
use obs_reqwest::{
    ObsClientMiddleware, RequestBuilderExt as _,
    obs_core::client::Outcome,
    reqwest::{self, dns},
    reqwest_middleware::{ClientBuilder, Middleware, Next, Result},
};
use obs_tests::{DEADLINE, spans::value, until_async};
use opentelemetry::trace::{SpanKind, Status};

/// Checks the span of an attempt that had no answer.
#[track_caller]
fn expect_unanswered(bench: &Bench, error_type: &str) {
    let span = bench.span();
    assert_eq!(value(&span, "error.type"), Some(&error_type.to_owned().into()));
    assert!(matches!(span.status, Status::Error { .. }), "{:?}", span.status);
    assert_eq!(value(&span, "http.response.status_code"), None);
    assert_eq!(value(&span, "network.protocol.version"), None);
}

#[tokio::test]
async fn an_answer_is_ok() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let url = upstream.url("/users/7?token=secret&page=2");
    let response = bench.http.get(url).target("/users/{id}").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "hello");

    bench.expect("GET", "/users/{id}", "200", "ok", None);
    let span = bench.span();
    assert_eq!(
        (&*span.name, &span.span_kind, &span.status),
        ("GET /users/{id}", &SpanKind::Client, &Status::Unset)
    );
    let port = i64::from(upstream.addr().port());
    for (key, expected) in [
        ("http.request.method", "GET".into()),
        ("server.address", "127.0.0.1".into()),
        ("server.port", port.into()),
        ("url.full", upstream.url("/users/7?token=REDACTED&page=2").into()),
        ("url.template", "/users/{id}".into()),
        ("http.response.status_code", 200.into()),
        ("network.protocol.version", "1.1".into()),
        ("network.peer.address", "127.0.0.1".into()),
        ("network.peer.port", port.into()),
    ] {
        assert_eq!(value(&span, key), Some(&expected), "{key}");
    }
    assert_eq!(span.attributes.len(), 9, "{:#?}", span.attributes);
}

#[tokio::test]
async fn without_a_target_the_path_becomes_no_label_and_no_name() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    bench
        .http
        .post(upstream.url("/users/7"))
        .body("hello")
        .send()
        .await
        .unwrap();
    bench.expect("POST", "", "200", "ok", None);
    assert_eq!(bench.span().name, "POST");
    assert_eq!(value(&bench.span(), "url.template"), None);
}

#[tokio::test]
async fn an_unknown_method_is_other() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let method = reqwest::Method::from_bytes(b"BREW").unwrap();
    bench
        .http
        .request(method, upstream.url("/coffee"))
        .send()
        .await
        .unwrap();
    bench.expect("_OTHER", "", "200", "ok", None);
    let span = bench.span();
    assert_eq!(span.name, "HTTP");
    assert_eq!(value(&span, "http.request.method"), Some(&"_OTHER".into()));
    assert_eq!(value(&span, "http.request.method_original"), Some(&"BREW".into()));
}

#[tokio::test]
async fn a_4xx_answer_is_an_error_of_the_client() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    bench.http.get(upstream.url("/status/404")).send().await.unwrap();
    bench.expect("GET", "", "404", "client_error", Some("404"));
    let span = bench.span();
    assert_eq!(value(&span, "error.type"), Some(&"404".into()));
    assert_eq!(value(&span, "http.response.status_code"), Some(&404.into()));
    assert_eq!(span.status, Status::error(""));
}

#[tokio::test]
async fn a_5xx_answer_is_an_error() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    bench.http.get(upstream.url("/status/503")).send().await.unwrap();
    bench.expect("GET", "", "503", "server_error", Some("503"));
    assert_eq!(bench.span().status, Status::error(""));
}

#[tokio::test]
async fn a_refused_connection_is_connect() {
    let bench = Bench::new();
    bench.http.get(nobody()).send().await.unwrap_err();
    bench.expect("GET", "", "", "server_error", Some("connect"));
    expect_unanswered(&bench, "connect");
    let Status::Error { description } = bench.span().status else {
        unreachable!("checked above")
    };
    assert!(
        description.contains("refused") && !description.contains("http"),
        "{description}"
    );
}

#[tokio::test]
async fn the_error_behind_a_failure_is_known_with_its_sources_and_without_the_url() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&seen);
    let bench = Bench::with(|middleware| {
        middleware.on_finish(move |finished| hook.lock().unwrap().push(finished.failure.cloned()))
    });
    let url = format!("{}?token=5ecr3t", nobody());
    bench.http.get(url).send().await.unwrap_err();
    let upstream = Upstream::start();
    bench.http.get(upstream.url("/status/503")).send().await.unwrap();
    let seen = seen.lock().unwrap().clone();
    let [Some(failure), None] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(failure.message(), "error sending request");
    assert!(failure.chain().is_some_and(|chain| chain.contains("refused")));
    assert_eq!(failure.type_name(), Some("reqwest::error::Error"));
    let span = &bench.spans.ended()[0];
    let [event] = &span.events.events[..] else {
        panic!("{span:?}")
    };
    let told = format!("{event:?}");
    assert!(
        told.contains("error sending request") && told.contains("refused"),
        "{told}"
    );
    assert!(!told.contains("http://") && !told.contains("5ecr3t"), "{told}");
}

#[tokio::test]
async fn a_slow_answer_is_timeout() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let send = bench
        .http
        .get(upstream.url("/slow"))
        .timeout(Duration::from_millis(50))
        .send();
    assert!(send.await.unwrap_err().is_timeout());
    bench.expect("GET", "", "", "server_error", Some("timeout"));
    expect_unanswered(&bench, "timeout");
}

#[tokio::test]
async fn an_unknown_host_is_dns() {
    struct Nowhere;
    impl dns::Resolve for Nowhere {
        fn resolve(&self, _: dns::Name) -> dns::Resolving {
            Box::pin(async {
                let none: Box<dyn Iterator<Item = SocketAddr> + Send> = Box::new(std::iter::empty());
                if true { Err("no such host".into()) } else { Ok(none) }
            })
        }
    }

    let client = reqwest::Client::builder().dns_resolver(Nowhere).build().unwrap();
    let bench = Bench::new().behind(client);
    bench.http.get("http://users.invalid/").send().await.unwrap_err();
    expect_unanswered(&bench, "dns");
    let page = bench.page();
    let labels = [("host", "users.invalid"), ("error_type", "dns")];
    assert_eq!(page.value("http_client_errors_total", &labels), Some(1.0));
}

#[tokio::test]
async fn a_connection_that_is_closed_before_the_head_is_request() {
    for kind in [Rude::Hangs, Rude::Truncates] {
        let bench = Bench::new();
        bench.http.get(rude(kind)).send().await.unwrap_err();
        bench.expect("GET", "", "", "server_error", Some("request"));
        expect_unanswered(&bench, "request");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_request() {
    let bench = Bench::new();
    bench.http.get(rude(Rude::Babbles)).send().await.unwrap_err();
    bench.expect("GET", "", "", "server_error", Some("request"));
}

#[tokio::test]
async fn a_request_body_that_fails_is_body() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let body = reqwest::Body::wrap(Truncated::new());
    bench.http.post(upstream.url("/")).body(body).send().await.unwrap_err();
    bench.expect("POST", "", "", "body_error", Some("body"));
    expect_unanswered(&bench, "body");
}

#[tokio::test]
async fn redirects_are_followed_within_one_attempt() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let response = bench.http.get(upstream.url("/redirect")).send().await.unwrap();
    assert_eq!(response.url().path(), "/here");
    drop(response);
    bench.expect("GET", "", "200", "ok", None);
    assert_eq!(
        value(&bench.span(), "url.full"),
        Some(&upstream.url("/redirect").into())
    );
    // Each hop is told of the one span.
    let [first, second] = upstream.seen().try_into().unwrap();
    assert_eq!(first["traceparent"], second["traceparent"]);
}

#[tokio::test]
async fn too_many_redirects_are_redirect() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    bench.http.get(upstream.url("/loop")).send().await.unwrap_err();
    bench.expect("GET", "", "", "server_error", Some("redirect"));
    expect_unanswered(&bench, "redirect");
}

#[tokio::test]
async fn a_future_that_is_dropped_is_cancelled_and_no_error() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let mut send = Box::pin(bench.http.get(upstream.url("/slow")).send());
    tokio::select! {
        biased;
        answer = &mut send => unreachable!("there is no answer: {answer:?}"),
        () = until_async(DEADLINE, || !upstream.seen().is_empty()) => {}
    }
    let place = [("method", "GET"), ("host", "127.0.0.1"), ("target", "")];
    assert_eq!(bench.page().value("http_client_requests_in_flight", &place), Some(1.0));
    drop(send);
    bench.expect("GET", "", "", "cancelled", None);
    let span = bench.span();
    assert_eq!((value(&span, "error.type"), &span.status), (None, &Status::Unset));
}

#[tokio::test]
async fn a_panic_below_is_recorded_once() {
    struct Panics;
    #[async_trait::async_trait]
    impl Middleware for Panics {
        async fn handle(&self, _: reqwest::Request, _: &mut Extensions, _: Next<'_>) -> Result<reqwest::Response> {
            tokio::task::yield_now().await;
            panic!("on purpose")
        }
    }

    let bench = Bench::new();
    let http = ClientBuilder::new(plain())
        .with(ObsClientMiddleware::new().obs(&bench.obs))
        .with(Panics)
        .build();
    AssertUnwindSafe(http.get("http://127.0.0.1/").send())
        .catch_unwind()
        .await
        .unwrap_err();
    bench.expect("GET", "", "", "panic", Some("panic"));
    expect_unanswered(&bench, "panic");
}

#[tokio::test]
async fn another_middlewares_error_is_other() {
    struct Refuses;
    #[async_trait::async_trait]
    impl Middleware for Refuses {
        async fn handle(&self, _: reqwest::Request, _: &mut Extensions, _: Next<'_>) -> Result<reqwest::Response> {
            Err(reqwest_middleware::Error::middleware(std::io::Error::other(
                "password123",
            )))
        }
    }

    let bench = Bench::new();
    let http = ClientBuilder::new(plain())
        .with(ObsClientMiddleware::new().obs(&bench.obs))
        .with(Refuses)
        .build();
    http.get("http://127.0.0.1/").send().await.unwrap_err();
    bench.expect("GET", "", "", "server_error", Some("_OTHER"));
    assert_eq!(bench.span().status, Status::error(""));
}

#[tokio::test]
async fn the_hook_is_told_once_with_all_figures() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let bench = Bench::with(|middleware| {
        middleware.on_finish(move |finished| {
            let sizes = (finished.request_bytes, finished.response_bytes);
            hook.lock()
                .unwrap()
                .push((finished.target.to_owned(), finished.status, finished.outcome, sizes));
        })
    });
    let upstream = Upstream::start();
    bench
        .http
        .post(upstream.url("/echo"))
        .target("/{any}")
        .body("hi")
        .send()
        .await
        .unwrap();
    let told = told.lock().unwrap();
    assert_eq!(
        *told,
        [("/{any}".to_owned(), Some(200), Outcome::Ok, (Some(2), Some(5)))]
    );
}
