//! What becomes of an answer's body, against servers on loopback.

use std::time::{Duration, Instant};

use obs_reqwest::reqwest::{self, Method, Response, Result, Version};
use obs_tests::spans::value;
use opentelemetry::trace::Status;

use crate::support::{Bench, Rude, Upstream, plain, rude};

/// The ways to read a body.
const WAYS: [&str; 3] = ["bytes", "text", "chunks"];

/// Reads the body to its end.
async fn read(mut response: Response, way: &str) -> Result<String> {
    match way {
        "bytes" => response
            .bytes()
            .await
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        "text" => response.text().await,
        _ => {
            let mut text = String::new();
            while let Some(part) = response.chunk().await? {
                text.push_str(&String::from_utf8_lossy(&part));
            }
            Ok(text)
        }
    }
}

/// How many attempts have been counted.
fn counted(bench: &Bench) -> f64 {
    bench.page().sum("http_client_requests_total", &[])
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_body_error() {
    for way in WAYS {
        let bench = Bench::new();
        let response = bench.http.get(rude(Rude::BreaksOff)).send().await.unwrap();
        assert_eq!((response.status().as_u16(), counted(&bench)), (200, 0.0));
        read(response, way).await.unwrap_err();
        bench.expect("GET", "", "200", "body_error", Some("body_error"));
        let span = bench.span();
        assert_eq!(value(&span, "error.type"), Some(&"body_error".into()));
        assert_eq!(value(&span, "http.response.status_code"), Some(&200.into()));
        assert!(matches!(span.status, Status::Error { .. }), "{:?}", span.status);
    }
}

#[tokio::test]
async fn an_error_stays_what_it_is_although_its_body_breaks_off() {
    let bench = Bench::new();
    let response = bench.http.get(rude(Rude::BreaksOffAnError)).send().await.unwrap();
    response.bytes().await.unwrap_err();
    bench.expect("GET", "", "503", "server_error", Some("503"));
}

#[tokio::test]
async fn a_timeout_within_the_body_is_one_to_the_caller_and_a_body_error() {
    let bench = Bench::new();
    let send = bench
        .http
        .get(rude(Rude::Stalls))
        .timeout(Duration::from_millis(200))
        .send();
    let error = send.await.unwrap().bytes().await.unwrap_err();
    assert!(error.is_timeout() && error.is_decode(), "{error:?}");
    bench.expect("GET", "", "200", "body_error", Some("body_error"));
}

#[tokio::test]
async fn a_whole_body_is_ok_once_it_has_been_read() {
    for way in WAYS {
        let (bench, upstream) = (Bench::new(), Upstream::start());
        let response = bench.http.get(upstream.url("/")).send().await.unwrap();
        let labels = [("method", "GET"), ("host", "127.0.0.1"), ("target", "")];
        let in_flight = bench.page().value("http_client_requests_in_flight", &labels);
        assert_eq!((counted(&bench), in_flight), (0.0, Some(0.0)));
        assert_eq!(read(response, way).await.unwrap(), "hello");
        bench.expect("GET", "", "200", "ok", None);
        assert_eq!(bench.span().status, Status::Unset);
    }
}

#[tokio::test]
async fn an_answer_whose_body_is_dropped_counts_by_its_status() {
    for (path, status, outcome, error_type) in [
        ("/", "200", "ok", None),
        ("/status/503", "503", "server_error", Some("503")),
    ] {
        let (bench, upstream) = (Bench::new(), Upstream::start());
        let response = bench.http.get(upstream.url(path)).send().await.unwrap();
        assert_eq!(counted(&bench), 0.0);
        drop(response);
        bench.expect("GET", "", status, outcome, error_type);
    }
    let bench = Bench::new();
    let mut response = bench.http.get(rude(Rude::Stalls)).send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "abc");
    drop(response);
    bench.expect("GET", "", "200", "ok", None);
}

#[tokio::test]
async fn an_answer_without_a_body_of_known_length_is_recorded_with_its_head() {
    for (method, path, status, body) in [
        (Method::HEAD, "/", "200", ""),
        (Method::GET, "/status/204", "204", ""),
        (Method::GET, "/status/304", "304", ""),
        (Method::GET, "/streamed", "200", "hello"),
    ] {
        let (bench, upstream) = (Bench::new(), Upstream::start());
        let response = bench
            .http
            .request(method.clone(), upstream.url(path))
            .send()
            .await
            .unwrap();
        bench.expect(method.as_str(), "", status, "ok", None);
        assert_eq!(response.text().await.unwrap(), body);
        bench.expect(method.as_str(), "", status, "ok", None);
    }
}

#[tokio::test]
async fn an_answer_whose_body_is_watched_is_the_same_otherwise() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let plain = plain().get(upstream.url("/redirect?a=b")).send().await.unwrap();
    let watched = bench.http.get(upstream.url("/redirect?a=b")).send().await.unwrap();
    assert_eq!(counted(&bench), 0.0);
    let told = |response: &Response| {
        let headers = response.headers().clone();
        let place = (response.url().clone(), response.remote_addr(), response.version());
        (
            response.status(),
            response.content_length(),
            headers.len(),
            headers["content-length"].clone(),
            place,
        )
    };
    assert_eq!(told(&watched), told(&plain));
    assert_eq!((watched.url().path(), watched.version()), ("/here", Version::HTTP_11));
    assert_eq!(watched.content_length(), Some(5));

    let error = bench
        .http
        .get(upstream.url("/status/404"))
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap_err();
    assert_eq!(
        (error.status(), error.url().unwrap().path()),
        (Some(reqwest::StatusCode::NOT_FOUND), "/status/404")
    );
}

#[tokio::test]
async fn the_time_of_an_answer_stops_at_its_head_although_its_body_is_watched() {
    let (bench, upstream) = (Bench::new(), Upstream::start());
    let started = Instant::now();
    let response = bench.http.get(upstream.url("/")).send().await.unwrap();
    let until_head = started.elapsed();
    tokio::time::sleep(Duration::from_millis(50)).await;
    response.bytes().await.unwrap();
    let recorded = bench.page().sum("http_client_request_duration_seconds_sum", &[]);
    // The clock of the processor and the system's differ by a little.
    let most = until_head.as_secs_f64() + 0.01;
    assert!(recorded > 0.0 && recorded < most, "{recorded} {until_head:?}");
}
