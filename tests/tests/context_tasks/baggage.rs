//! The caller's baggage: to be read, and on lines if it is on the list.

use axum::{Router, routing::get};
use obs_axum::ObsLayer;
use obs_core::context;
use obs_tests::logs::LogLine;
use tower::ServiceExt as _;

use crate::stage::{line_of, obs};

async fn ask(layer: ObsLayer, step: &'static str) -> (String, LogLine) {
    obs();
    let handler = async move || {
        let request = context::current().unwrap();
        tracing::info!(step, "in the handler");
        let keys: Vec<_> = request.baggage().map(|member| member.key.to_owned()).collect();
        format!("{:?} {keys:?}", request.baggage_value("tenant"))
    };
    let app: Router = Router::new().route("/", get(handler)).layer(layer);
    let request = http::Request::get("/").header("baggage", "tenant=first,tenant=Am%C3%A9lie,secret=1,tenant_id=2");
    let answer = app
        .oneshot(request.body(axum::body::Body::empty()).unwrap())
        .await
        .unwrap();
    let body = axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap();
    (String::from_utf8(body.to_vec()).unwrap(), line_of(step))
}

#[tokio::test]
async fn baggage_can_be_read_and_is_on_lines_only_if_listed() {
    let (read, line) = ask(ObsLayer::new().baggage_fields(["tenant", "absent"]), "listed").await;
    assert_eq!(read, r#"Some("Amélie") ["tenant", "tenant", "secret", "tenant_id"]"#);
    assert_eq!(line.str("tenant"), "Amélie");
    assert!(
        ["secret", "tenant_id", "absent"]
            .iter()
            .all(|key| line.get(key).is_none()),
        "{line:?}"
    );
}

#[tokio::test]
async fn by_default_no_baggage_is_on_a_line() {
    let (_, line) = ask(ObsLayer::new(), "unlisted").await;
    assert!(line.get("tenant").is_none());
}

#[tokio::test]
async fn the_baggage_of_a_caller_that_is_not_trusted_is_not_there() {
    let (read, line) = ask(
        ObsLayer::new().trust_incoming(false).baggage_fields(["tenant"]),
        "untrusted",
    )
    .await;
    assert_eq!(read, "None []");
    assert!(line.get("tenant").is_none());
}
