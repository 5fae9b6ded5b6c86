//! Responses whose bodies nobody reads, or that announce another size than they have.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use axum::{Router, body::Body, response::Response, routing::get};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use obs_axum::{
    ObsLayer,
    obs_core::{Obs, metrics::Format},
};
use tower::ServiceExt;

/// Status, outcome and error type, as they stand on the page.
type Counted = (String, String, Option<String>);

/// What is counted of one request with this answer; `read` does something with the response.
async fn counted<F: Future<Output = ()>>(answer: fn() -> Response, read: impl FnOnce(Response) -> F) -> Counted {
    let obs = Obs::builder("test").log_writer(std::io::sink()).build().unwrap();
    let app: Router = Router::new()
        .route("/", get(move || async move { answer() }))
        .layer(ObsLayer::new().obs(&obs));
    let response = app
        .oneshot(Request::get("/").body(Body::empty()).unwrap())
        .await
        .unwrap();
    read(response).await;
    let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
    let value = |metric: &str, label: &str| {
        let line = page.lines().find(|line| line.starts_with(metric))?;
        Some(line.split_once(&format!("{label}=\""))?.1.split('"').next()?.to_owned())
    };
    let of_request = |label| value("http_requests_total{", label).unwrap();
    (
        of_request("status"),
        of_request("outcome"),
        value("http_errors_total{", "error_type"),
    )
}

fn answer(status: u16, body: Body, content_length: Option<u64>) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if let Some(length) = content_length {
        response.headers_mut().insert("content-length", length.into());
    }
    response
}

/// A body whose size its type doesn't know.
fn stream(text: &'static str) -> Body {
    Body::new(
        Body::from(text)
            .map_frame(|frame| frame)
            .boxed_unsync()
            .with_trailers(async { None }),
    )
}

async fn read(response: Response) {
    response.into_body().collect().await.unwrap();
}

fn expect(status: &str, outcome: &str, error_type: Option<&str>) -> Counted {
    (status.to_owned(), outcome.to_owned(), error_type.map(str::to_owned))
}

#[tokio::test]
async fn a_response_that_is_dropped_unread_counts_as_one_that_is_read() {
    for (read_it, what) in [(true, "read"), (false, "dropped")] {
        let counted = async |answer: fn() -> Response| {
            counted(answer, async |response| {
                if read_it {
                    read(response).await;
                }
            })
            .await
        };
        assert_eq!(
            counted(|| answer(200, Body::from("hello"), None)).await,
            expect("200", "ok", None),
            "{what}"
        );
        assert_eq!(
            counted(|| answer(302, stream("hello"), None)).await,
            expect("302", "ok", None),
            "{what}"
        );
        assert_eq!(
            counted(|| answer(404, stream("hello"), None)).await,
            expect("404", "client_error", None),
            "{what}"
        );
        let failed = expect("502", "server_error", Some("502"));
        assert_eq!(counted(|| answer(502, stream("hello"), None)).await, failed, "{what}");
    }
}

#[tokio::test]
async fn a_body_of_another_size_than_its_content_length_is_a_body_error() {
    let incomplete = expect("200", "body_error", Some("incomplete_body"));
    assert_eq!(
        counted(|| answer(200, Body::from("hello"), Some(10)), read).await,
        incomplete
    );
    assert_eq!(
        counted(|| answer(200, stream("hello"), Some(10)), read).await,
        incomplete
    );
    assert_eq!(counted(|| answer(200, Body::empty(), Some(10)), read).await, incomplete);
    let oversized = expect("200", "body_error", Some("oversized_body"));
    assert_eq!(
        counted(|| answer(200, Body::from("hello"), Some(3)), read).await,
        oversized
    );
    assert_eq!(counted(|| answer(200, stream("hello"), Some(3)), read).await, oversized);
    assert_eq!(
        counted(|| answer(200, Body::from("hello"), Some(5)), read).await,
        expect("200", "ok", None)
    );
}

#[tokio::test]
async fn an_answer_without_a_body_may_announce_the_size_that_it_would_have() {
    let obs = Obs::builder("test").log_writer(std::io::sink()).build().unwrap();
    let head = || async { answer(200, Body::empty(), Some(10)) };
    let app: Router = Router::new()
        .route("/", axum::routing::head(head))
        .layer(ObsLayer::new().obs(&obs));
    app.oneshot(Request::head("/").body(Body::empty()).unwrap())
        .await
        .unwrap();
    let page = String::from_utf8(obs.registry().render(Format::Text)).unwrap();
    assert!(
        page.contains(r#"http_requests_total{method="HEAD",endpoint="/",status="200",outcome="ok"} 1"#),
        "{page}"
    );
    assert_eq!(
        counted(|| answer(304, Body::empty(), Some(10)), read).await,
        expect("304", "ok", None)
    );
}
