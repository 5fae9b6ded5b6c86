//! The outcomes of calls, in every signal.

use futures_util::StreamExt as _;
use obs_core::metrics::Convention;
use opentelemetry::trace::{SpanKind, Status as SpanStatus};
use tonic::Code;

use crate::{
    orders::{HANG, PACE, PANIC},
    stage::{Stage, attribute, error, total},
};

const GET: &str = "shop.Orders/Get";
const WATCH: &str = "shop.Orders/Watch";

async fn plain() -> Stage {
    Stage::new(|layer| layer).await
}

async fn listed() -> Stage {
    Stage::new(|layer| layer.grpc_methods([GET])).await
}

#[tokio::test]
async fn the_status_of_a_call_comes_from_its_trailers() {
    let stage = plain().await;
    assert_eq!(stage.get(0).await.unwrap().name, "tea");
    assert_eq!(stage.counters(1).await, [total(GET, "OK", "ok")]);
    let (line, span) = stage.record().await;
    assert_eq!(
        (line.str("endpoint"), line.str("grpc_status"), line.str("outcome")),
        (GET, "OK", "ok")
    );
    assert_eq!(line.str("message"), "POST shop.Orders/Get OK");
    assert_eq!(line.number("status"), 200.0);
    assert_eq!(
        (&*span.name, span.span_kind.clone(), span.status.clone()),
        (GET, SpanKind::Server, SpanStatus::Unset)
    );
    let found = [
        "rpc.system.name",
        "rpc.method",
        "rpc.response.status_code",
        "http.response.status_code",
        "url.path",
    ]
    .map(|key| attribute(&span, key).unwrap_or_default());
    assert_eq!(found, ["grpc", GET, "OK", "200", "/shop.Orders/Get"]);
    assert_eq!(
        (attribute(&span, "http.route"), attribute(&span, "error.type")),
        (None, None)
    );
}

#[tokio::test]
async fn what_the_client_did_wrong_is_no_error_of_the_server() {
    let stage = listed().await;
    assert_eq!(stage.get(5).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(stage.counters(1).await, [total(GET, "NOT_FOUND", "client_error")]);
    let (line, span) = stage.record().await;
    assert_eq!((line.str("grpc_status"), line.str("level")), ("NOT_FOUND", "info"));
    assert_eq!(span.status, SpanStatus::Unset);
    assert_eq!(
        attribute(&span, "rpc.response.status_code").as_deref(),
        Some("NOT_FOUND")
    );
}

#[tokio::test]
async fn an_error_of_the_server_counts_under_the_name_of_its_status() {
    let stage = listed().await;
    assert_eq!(stage.get(13).await.unwrap_err().code(), Code::Internal);
    assert_eq!(
        stage.counters(1).await,
        [total(GET, "INTERNAL", "server_error"), error(GET, "INTERNAL")]
    );
    let (line, span) = stage.record().await;
    assert_eq!((line.str("error_type"), line.str("level")), ("INTERNAL", "error"));
    assert_eq!(span.status, SpanStatus::error(""));
    assert_eq!(attribute(&span, "error.type").as_deref(), Some("INTERNAL"));
    assert!(!stage.page().contains("secret"));
}

#[tokio::test]
async fn a_classifier_sees_the_status_and_the_trailers() {
    let stage = Stage::new(|layer| {
        layer.grpc_methods([GET]).classify(|head| {
            let message = head.header("grpc-message").is_some();
            (message && head.grpc_status == Some(obs_core::request::GrpcStatus::Unavailable)).then_some("stock_is_down")
        })
    });
    let stage = stage.await;
    stage.get(14).await.unwrap_err();
    assert_eq!(
        stage.counters(1).await,
        [total(GET, "UNAVAILABLE", "server_error"), error(GET, "stock_is_down")]
    );
}

#[tokio::test]
async fn a_stream_ends_with_the_status_of_its_trailers_and_lasts_until_then() {
    let stage = plain().await;
    let messages: Vec<_> = stage.watch(2, 15).await.unwrap().collect().await;
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[2].as_ref().unwrap_err().code(), Code::DataLoss);
    // Its method was learnt from this very answer.
    assert_eq!(
        stage.counters(1).await,
        [total(WATCH, "DATA_LOSS", "server_error"), error(WATCH, "DATA_LOSS")]
    );
    let (line, _) = stage.record().await;
    assert!(
        line.number("duration_ms") >= 3.0 * PACE.as_secs_f64() * 1_000.0,
        "{line:?}"
    );
}

#[tokio::test]
async fn a_stream_that_the_client_leaves_is_aborted() {
    let stage = Stage::new(|layer| layer.grpc_methods([WATCH])).await;
    let mut orders = stage.watch(-1, 0).await.unwrap();
    orders.next().await.unwrap().unwrap();
    drop(orders);
    assert_eq!(stage.counters(1).await, [total(WATCH, "CANCELLED", "aborted")]);
    let (line, span) = stage.record().await;
    assert_eq!((line.str("grpc_status"), line.number("status")), ("CANCELLED", 200.0));
    // None was sent.
    assert_eq!(attribute(&span, "rpc.response.status_code"), None);
}

#[tokio::test]
async fn a_call_that_the_client_gives_up_is_cancelled() {
    let stage = Stage::new(|layer| layer.grpc_methods([GET])).await;
    assert!(tokio::time::timeout(PACE, stage.get(HANG)).await.is_err());
    assert_eq!(stage.counters(1).await, [total(GET, "CANCELLED", "cancelled")]);
    let (line, _) = stage.record().await;
    assert_eq!((line.str("grpc_status"), line.number("status")), ("CANCELLED", 499.0));
}

#[tokio::test]
async fn a_panic_counts_as_internal() {
    let stage = Stage::new(|layer| layer.grpc_methods([GET])).await;
    stage.get(PANIC).await.unwrap_err();
    assert_eq!(
        stage.counters(1).await,
        [total(GET, "INTERNAL", "panic"), error(GET, "panic")]
    );
    let (_, span) = stage.record().await;
    assert_eq!(
        (
            attribute(&span, "rpc.response.status_code"),
            attribute(&span, "http.response.status_code")
        ),
        (None, None)
    );
}

#[tokio::test]
async fn a_stream_by_nature_is_timed_at_its_head_and_counted_with_its_status() {
    let stage = Stage::new(|layer| layer.grpc_methods([WATCH]).streaming(WATCH)).await;
    let _: Vec<_> = stage.watch(2, 8).await.unwrap().collect().await;
    assert_eq!(
        stage.counters(1).await,
        [total(WATCH, "RESOURCE_EXHAUSTED", "client_error")]
    );
    let page = stage.page();
    let sum = |name: &str| {
        let line = page
            .lines()
            .find(|line| line.starts_with(&format!("{name}_sum{{")))
            .expect("a sum");
        line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()
    };
    let lived = 3.0 * PACE.as_secs_f64();
    assert!(
        sum("http_stream_duration_seconds") >= lived && sum("http_request_duration_seconds") < lived,
        "{page}"
    );
    assert!(page.contains(r#"http_stream_duration_seconds_count{method="POST",endpoint="shop.Orders/Watch"} 1"#));
}

#[tokio::test]
async fn a_failed_stream_by_nature_is_one_error() {
    let stage = Stage::new(|layer| layer.grpc_methods([WATCH]).streaming(WATCH)).await;
    let _: Vec<_> = stage.watch(1, 13).await.unwrap().collect().await;
    assert_eq!(
        stage.counters(1).await,
        [total(WATCH, "INTERNAL", "server_error"), error(WATCH, "INTERNAL")]
    );
}

#[tokio::test]
async fn a_stream_by_nature_may_end_with_its_client() {
    let stage = Stage::new(|layer| layer.grpc_methods([WATCH]).streaming(WATCH)).await;
    let mut orders = stage.watch(-1, 0).await.unwrap();
    orders.next().await.unwrap().unwrap();
    drop(orders);
    assert_eq!(stage.counters(1).await, [total(WATCH, "CANCELLED", "ok")]);
}

#[tokio::test]
async fn the_conventions_of_opentelemetry_keep_the_status_of_http() {
    let stage = Stage::new(|layer| layer.grpc_methods([GET]).convention(Convention::OpenTelemetry)).await;
    stage.get(13).await.unwrap_err();
    let count = r#"http_server_request_duration_seconds_count{http_request_method="POST",http_route="shop.Orders/Get",url_scheme="http",network_protocol_version="2",http_response_status_code="200",error_type="INTERNAL"} 1"#;
    obs_tests::until_async(obs_tests::DEADLINE, || stage.page().contains(count)).await;
}
