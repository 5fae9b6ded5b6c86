//! The outcomes of calls at the client: tonic's channel within the client's layer.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::StreamExt as _;
use obs_axum::{ObsClientLayer, client::ObsClientService, obs_core::Obs};
use obs_core::{
    metrics::Convention,
    request::{GrpcStatus, Outcome},
};
use obs_tests::{
    DEADLINE,
    logs::{LogBuffer, LogLine},
    spans::SpanBuffer,
    until_async,
};
use opentelemetry::trace::{SpanKind, Status as SpanStatus};
use opentelemetry_sdk::trace::SpanData;
use tokio::net::TcpListener;
use tonic::{
    Code, Request, Status, Streaming,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;
use tower::ServiceBuilder;

use crate::{
    answers::{Plain, answering},
    orders::{Ask, HANG, Order, Orders, PACE},
    stage::attribute,
};

const GET: &str = "shop.Orders/Get";
const WATCH: &str = "shop.Orders/Watch";

/// The arguments of the hook: target, statuses of HTTP and of gRPC, outcome, error type, duration.
type Told = (
    String,
    Option<u16>,
    Option<GrpcStatus>,
    Outcome,
    Option<String>,
    Duration,
);

/// A client whose signals can be looked at.
struct Caller {
    obs: Obs,
    logs: LogBuffer,
    spans: SpanBuffer,
    told: Arc<Mutex<Vec<Told>>>,
    client: ObsClientService<Channel, obs_axum::client::FromSources>,
}

/// Serves in the runtime of the test, unobserved.
async fn served() -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = Server::builder().add_service(Orders);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    Channel::from_shared(format!("http://{addr}")).unwrap()
}

impl Caller {
    async fn new(layer: impl FnOnce(ObsClientLayer) -> ObsClientLayer) -> Self {
        Self::to(&served().await, layer)
    }

    fn to(endpoint: &Endpoint, layer: impl FnOnce(ObsClientLayer) -> ObsClientLayer) -> Self {
        let (logs, spans) = (LogBuffer::new(), SpanBuffer::new());
        let builder = Obs::builder("caller")
            .log_writer(logs.clone())
            .log_format(obs_core::logs::LogFormat::Json);
        let obs = builder
            .log_filter("info")
            .tracer_provider(spans.provider())
            .build()
            .unwrap();
        let told = Arc::<Mutex<Vec<Told>>>::default();
        let hook = Arc::clone(&told);
        let own = ObsClientLayer::new()
            .obs(&obs)
            .base_url("http://orders.internal:50051")
            .on_finish(move |finished| {
                hook.lock().unwrap().push((
                    finished.target.to_owned(),
                    finished.status,
                    finished.grpc_status,
                    finished.outcome,
                    finished.error_type.map(str::to_owned),
                    finished.duration,
                ));
            });
        let client = ServiceBuilder::new().layer(layer(own)).service(endpoint.connect_lazy());
        Self {
            obs,
            logs,
            spans,
            told,
            client,
        }
    }

    async fn unary(&self, path: &str, ask: Ask) -> Result<Order, Status> {
        let mut client = Grpc::new(self.client.clone());
        client.ready().await.unwrap();
        let path: PathAndQuery = path.parse().unwrap();
        client
            .unary(Request::new(ask), path, ProstCodec::default())
            .await
            .map(tonic::Response::into_inner)
    }

    async fn get(&self, fails: i32) -> Result<Order, Status> {
        self.unary("/shop.Orders/Get", Ask { fails, messages: 0 }).await
    }

    async fn watch(&self, messages: i32, fails: i32) -> Result<Streaming<Order>, Status> {
        let mut client = Grpc::new(self.client.clone());
        client.ready().await.unwrap();
        let path = PathAndQuery::from_static("/shop.Orders/Watch");
        let ask = Request::new(Ask { fails, messages });
        client
            .server_streaming(ask, path, ProstCodec::default())
            .await
            .map(tonic::Response::into_inner)
    }

    fn page(&self) -> String {
        obs_tests::page::text_of(self.obs.registry())
    }

    /// The lines of the page that tell of attempts and errors, once there are so many attempts.
    async fn counters(&self, attempts: usize) -> Vec<String> {
        until_async(DEADLINE, || self.told.lock().unwrap().len() == attempts).await;
        let page = self.page();
        let of = |metric: &'static str| {
            page.lines()
                .filter(move |line| line.starts_with(metric))
                .map(str::to_owned)
        };
        of("http_client_requests_total{")
            .chain(of("http_client_errors_total{"))
            .collect()
    }

    /// The arguments of the hook for the only call, without its duration.
    fn told(&self) -> (String, Option<u16>, Option<GrpcStatus>, Outcome, Option<String>) {
        let mut all = self.told.lock().unwrap().clone();
        assert_eq!(all.len(), 1, "{all:?}");
        let (target, status, grpc_status, outcome, error_type, _) = all.remove(0);
        (target, status, grpc_status, outcome, error_type)
    }

    fn span(&self) -> SpanData {
        let mut spans = self.spans.ended();
        assert_eq!(spans.len(), 1, "{spans:#?}");
        spans.remove(0)
    }
}

async fn plain() -> Caller {
    Caller::new(|layer| layer).await
}

async fn listed() -> Caller {
    Caller::new(|layer| layer.grpc_methods(["/shop.Orders/Get", WATCH])).await
}

fn total(target: &str, status: &str, outcome: &str) -> String {
    let place = format!(r#"method="POST",host="orders.internal",target="{target}""#);
    format!(r#"http_client_requests_total{{{place},status="{status}",outcome="{outcome}"}} 1"#)
}

fn error(target: &str, error_type: &str) -> String {
    let place = format!(r#"method="POST",host="orders.internal",target="{target}""#);
    format!(r#"http_client_errors_total{{{place},error_type="{error_type}"}} 1"#)
}

#[tokio::test]
async fn the_outcome_of_a_call_comes_from_its_trailers() {
    let caller = listed().await;
    assert_eq!(caller.get(0).await.unwrap().name, "tea");
    assert_eq!(caller.counters(1).await, [total(GET, "OK", "ok")]);
    assert_eq!(
        caller.told(),
        (GET.to_owned(), Some(200), Some(GrpcStatus::Ok), Outcome::Ok, None)
    );
    let span = caller.span();
    assert_eq!(
        (&*span.name, span.span_kind.clone(), span.status.clone()),
        (GET, SpanKind::Client, SpanStatus::Unset)
    );
    let keys = [
        "rpc.system.name",
        "rpc.method",
        "rpc.response.status_code",
        "http.response.status_code",
    ];
    assert_eq!(
        keys.map(|key| attribute(&span, key).unwrap_or_default()),
        ["grpc", GET, "OK", "200"]
    );
    assert_eq!(
        (attribute(&span, "url.template"), attribute(&span, "error.type")),
        (None, None)
    );
    assert_eq!(attribute(&span, "server.port").as_deref(), Some("50051"));
    let gauge = format!(r#"http_client_requests_in_flight{{method="POST",host="orders.internal",target="{GET}"}} 0"#);
    assert!(caller.page().contains(&gauge));
}

#[tokio::test]
async fn whatever_is_not_ok_is_an_error_of_the_client() {
    // Answers without a message: the status stands in the head.
    for (code, name, outcome) in [(5, "NOT_FOUND", "client_error"), (14, "UNAVAILABLE", "server_error")] {
        let caller = listed().await;
        caller.get(code).await.unwrap_err();
        assert_eq!(caller.counters(1).await, [total(GET, name, outcome), error(GET, name)]);
        let span = caller.span();
        // The text of the status, which has no secrets by the rules of redaction.
        assert_eq!(span.status, SpanStatus::error("secret details"));
        assert_eq!(attribute(&span, "rpc.response.status_code").as_deref(), Some(name));
        assert_eq!(attribute(&span, "error.type").as_deref(), Some(name));
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_status_of_its_trailers_and_lasts_until_then() {
    let caller = plain().await;
    let messages: Vec<_> = caller.watch(2, 15).await.unwrap().collect().await;
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[2].as_ref().unwrap_err().code(), Code::DataLoss);
    // Its method was learnt from this very answer.
    assert_eq!(
        caller.counters(1).await,
        [total(WATCH, "DATA_LOSS", "server_error"), error(WATCH, "DATA_LOSS")]
    );
    let lived = caller.told.lock().unwrap()[0].5;
    assert!(lived >= 3 * PACE, "{lived:?}");
    assert_eq!(&*caller.span().name, WATCH);
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_aborted_and_no_error() {
    let caller = listed().await;
    let mut orders = caller.watch(-1, 0).await.unwrap();
    orders.next().await.unwrap().unwrap();
    assert_eq!(caller.counters(0).await, [""; 0]);
    drop(orders);
    assert_eq!(caller.counters(1).await, [total(WATCH, "CANCELLED", "aborted")]);
    let span = caller.span();
    assert_eq!(
        (span.status.clone(), attribute(&span, "rpc.response.status_code")),
        (SpanStatus::Unset, None)
    );
}

#[tokio::test]
async fn a_call_that_is_given_up_is_cancelled_and_no_error() {
    let caller = listed().await;
    assert!(tokio::time::timeout(PACE, caller.get(HANG)).await.is_err());
    assert_eq!(caller.counters(1).await, [total(GET, "CANCELLED", "cancelled")]);
    assert_eq!(
        caller.told(),
        (
            GET.to_owned(),
            None,
            Some(GrpcStatus::Cancelled),
            Outcome::Cancelled,
            None
        )
    );
}

/// A server that resets each stream for this reason.
async fn resetting(reason: h2::Reason) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            respond.send_reset(reason);
        }
    });
    Channel::from_shared(format!("http://{addr}")).unwrap()
}

#[tokio::test]
async fn the_status_of_a_call_without_an_answer_is_what_tonic_says() {
    use h2::Reason;

    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut ends = vec![
        served().await.timeout(PACE),
        Channel::from_shared(format!("http://{nobody}")).unwrap(),
    ];
    let reasons = [
        Reason::PROTOCOL_ERROR,
        Reason::INTERNAL_ERROR,
        Reason::FLOW_CONTROL_ERROR,
        Reason::REFUSED_STREAM,
        Reason::CANCEL,
        Reason::ENHANCE_YOUR_CALM,
        Reason::INADEQUATE_SECURITY,
        Reason::HTTP_1_1_REQUIRED,
    ];
    for reason in reasons {
        ends.push(resetting(reason).await);
    }
    for end in &ends {
        let caller = Caller::to(end, |layer| layer.grpc_methods([GET]));
        let said = caller.get(HANG).await.unwrap_err();
        caller.counters(1).await;
        let (_, _, status, outcome, _) = caller.told();
        assert_eq!(
            status.map(|status| i32::from(status.code())),
            Some(said.code() as i32),
            "{said:?}"
        );
        assert_eq!(outcome, Outcome::ServerError);
        assert_eq!(attribute(&caller.span(), "rpc.response.status_code"), None);
    }
}

#[tokio::test]
async fn the_status_of_a_call_that_is_answered_by_plain_http_is_what_tonic_says() {
    const GRPC: (&str, &str) = ("content-type", "application/grpc");
    const HTML: (&str, &str) = ("content-type", "text/html");
    const MESSAGE: &[u8] = b"\0\0\0\0\0";

    let statuses = [
        200, 204, 302, 400, 401, 403, 404, 405, 408, 413, 418, 429, 431, 500, 501, 502, 503, 504, 505, 599,
    ];
    let mut answers: Vec<Plain> = statuses
        .iter()
        .map(|status| (*status, &[HTML] as &[_], &b""[..], &[] as &[_]))
        .collect();
    answers.extend(
        statuses
            .iter()
            .map(|status| (*status, &[] as &[_], &b""[..], &[] as &[_])),
    );
    let more: [Plain; 15] = [
        // Without a status in the trailers, or without trailers.
        (200, &[GRPC], b"", &[]),
        (200, &[GRPC], MESSAGE, &[]),
        (200, &[GRPC], MESSAGE, &[("x-other", "1")]),
        (503, &[GRPC], b"", &[]),
        (503, &[GRPC], MESSAGE, &[]),
        (404, &[], MESSAGE, &[("x-other", "1")]),
        // What tonic takes for messages, and what not.
        (200, &[HTML], b"<html>no</html>", &[]),
        (503, &[HTML], b"<html>no</html>", &[]),
        (401, &[HTML], b"no", &[]),
        (200, &[], b"\0\0", &[]),
        // A status goes first, whatever the type.
        (200, &[HTML, ("grpc-status", "7")], b"", &[]),
        (503, &[HTML, ("grpc-status", "8")], b"", &[]),
        (502, &[GRPC, ("grpc-status", "9")], b"", &[]),
        (200, &[HTML], MESSAGE, &[("grpc-status", "10")]),
        (503, &[], MESSAGE, &[("grpc-status", "11")]),
    ];
    answers.extend(more);
    for answer in answers {
        let end = Channel::from_shared(format!("http://{}", answering(answer).await)).unwrap();
        let caller = Caller::to(&end, |layer| layer.grpc_methods([GET]));
        let said = caller.get(0).await.unwrap_err();
        caller.counters(1).await;
        let (_, http, status, outcome, error_type) = caller.told();
        let recorded = status.unwrap_or_else(|| panic!("no status: {answer:?}"));
        assert_eq!(i32::from(recorded.code()), said.code() as i32, "{answer:?} {said:?}");
        assert_eq!((http, outcome), (Some(answer.0), recorded.outcome()), "{answer:?}");
        assert_eq!(error_type.as_deref(), Some(recorded.as_str()), "{answer:?}");
        assert_eq!(
            caller.counters(1).await[0],
            total(GET, recorded.as_str(), outcome.as_str()),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = Channel::from_shared(format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let caller = Caller::to(&nobody, |layer| layer.grpc_methods([GET]));
    assert_eq!(caller.get(0).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(
        caller.counters(1).await,
        [total(GET, "UNAVAILABLE", "server_error"), error(GET, "connect")]
    );
    assert_eq!(caller.told().1, None);
}

#[tokio::test]
async fn methods_that_nobody_has_are_no_targets() {
    let caller = plain().await;
    for n in 0..20 {
        let answer = caller.unary(&format!("/shop.Orders/Made{n}"), Ask::default()).await;
        assert_eq!(answer.unwrap_err().code(), Code::Unimplemented);
    }
    let twenty = |line: String| line.replace("} 1", "} 20");
    let expected = [total("", "UNIMPLEMENTED", "server_error"), error("", "UNIMPLEMENTED")].map(twenty);
    assert_eq!(caller.counters(20).await, expected);
    assert!(!caller.page().contains("Made"));
    assert!(caller.spans.ended().iter().all(|span| span.name == "grpc"));
}

#[tokio::test]
async fn a_target_of_the_users_own_goes_first() {
    let caller = Caller::new(|layer| layer.grpc_methods([GET]).target(|_| Some("orders"))).await;
    caller.get(0).await.unwrap();
    assert_eq!(caller.counters(1).await, [total("orders", "OK", "ok")]);
}

#[tokio::test]
async fn the_conventions_of_opentelemetry_keep_the_status_of_http() {
    let caller = Caller::new(|layer| layer.grpc_methods([GET]).convention(Convention::OpenTelemetry)).await;
    caller.get(13).await.unwrap_err();
    caller.counters(1).await;
    let page = caller.page();
    let count = page
        .lines()
        .find(|line| line.starts_with("http_client_request_duration_seconds_count{"))
        .expect("one");
    for label in [
        r#"http_response_status_code="200""#,
        r#"error_type="INTERNAL""#,
        r#"network_protocol_version="2""#,
    ] {
        assert!(count.contains(label), "{count}");
    }
}

#[tokio::test]
async fn the_line_has_both_statuses() {
    use tracing_subscriber::layer::SubscriberExt as _;

    let caller = Caller::new(|layer| layer.grpc_methods([GET]).logs(true)).await;
    let subscriber = tracing_subscriber::registry().with(caller.obs.subscriber_layer());
    let guard = tracing::subscriber::set_default(subscriber);
    caller.get(5).await.unwrap_err();
    caller.counters(1).await;
    drop(guard);
    caller.obs.shutdown(Duration::from_secs(5)).unwrap();
    let lines: Vec<LogLine> = caller.logs.json_lines();
    let line = lines
        .iter()
        .find(|line| line.str("target") == "obs::client")
        .expect("a line");
    assert_eq!((line.str("grpc_status"), line.number("status")), ("NOT_FOUND", 200.0));
    assert_eq!((line.str("url_template"), line.str("error_type")), (GET, "NOT_FOUND"));
}
