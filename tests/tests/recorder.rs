//! What the flight recorder adds to the export: whole traces of unsampled requests that fail, and their held lines.

#![expect(clippy::expect_used, reason = "tests: what can't go on fails the test")]

use std::{io, net::SocketAddr};

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use futures_util::FutureExt as _;
use obs_axum::ObsLayer;
use obs_core::{
    Obs,
    logs::{LogFormat, LogTarget},
    recorder::{Filter, Kind, Phase},
    trace::in_span,
};
use obs_reqwest::{
    ObsClientMiddleware,
    reqwest_middleware::{ClientBuilder, ClientWithMiddleware},
};
use obs_tests::{
    DEADLINE,
    otlp::{ReceivedSpan, Receiver},
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use tower::ServiceExt as _;
use tracing::{Instrument as _, Level, debug, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// One service of a chain, and where its telemetry goes.
struct Service {
    obs: Obs,
    receiver: Receiver,
    addr: SocketAddr,
}

fn client(obs: &Obs) -> ClientWithMiddleware {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    ClientBuilder::new(http)
        .with(ObsClientMiddleware::new().obs(obs).target(|_| Some("/orders/{id}")))
        .build()
}

/// A service that passes the status of the next one on; the last one fails if the order is 13.
async fn service(name: &'static str, next: Option<SocketAddr>) -> Service {
    let receiver = Receiver::start();
    let obs = Obs::builder(name)
        .log_writer(io::sink())
        .log_filter("info")
        .sample_ratio(0.0)
        .keep_errors(true)
        .lines_of_failures(Level::DEBUG)
        .otlp_endpoint(receiver.endpoint())
        .otlp_logs(true)
        .build()
        .expect("valid settings");
    let client = client(&obs);
    let handler = move |Path(order): Path<u32>| async move {
        debug!(order, "looking");
        let work = async { in_span("load", async {}).await };
        work.instrument(info_span!("check", order)).await;
        let Some(next) = next else {
            return if order == 13 {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::OK
            };
        };
        let answer = client.get(format!("http://{next}/orders/{order}")).send().await;
        answer.expect("an answer").status()
    };
    let app: Router = Router::new()
        .route("/orders/{id}", get(handler))
        .layer(ObsLayer::new().obs(&obs));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let addr = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    Service { obs, receiver, addr }
}

async fn ask(addr: SocketAddr, order: u32) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let answer = http.get(format!("http://{addr}/orders/{order}")).send().await;
    answer.expect("an answer").status().as_u16()
}

fn names(spans: &[ReceivedSpan]) -> Vec<&str> {
    spans.iter().map(|span| &*span.span.name).collect()
}

async fn flush(services: [&Service; 3]) {
    for Service { obs, .. } in services {
        obs.flush_when_idle_async(DEADLINE).await.expect("flushed");
    }
}

/// The spans of a service of the chain whose request has failed.
fn check_failed(service: &Service, parent: Option<&ReceivedSpan>) -> Vec<ReceivedSpan> {
    let spans = service.receiver.spans();
    let find = |name: &str| {
        let found = spans.iter().find(|span| span.span.name == name);
        found.unwrap_or_else(|| panic!("no span {name:?} among {:?}", names(&spans)))
    };
    let server = spans
        .iter()
        .find(|span| span.str("obs.kept") == Some("error"))
        .expect("the server span");
    assert_eq!(server.int("http.response.status_code"), Some(503));
    let (check, load) = (find("check"), find("load"));
    assert_eq!(check.parent_span_id(), server.span_id());
    assert_eq!(load.parent_span_id(), check.span_id());
    for span in &spans {
        assert_eq!(span.trace_id(), server.trace_id());
        assert_eq!(span.span.flags & 1, 1, "{} is not marked as sampled", span.span.name);
    }
    if let Some(parent) = parent {
        assert_eq!(server.trace_id(), parent.trace_id());
        assert_eq!(server.parent_span_id(), parent.span_id());
    }
    let records = service
        .obs
        .recorder()
        .recent(&Filter::new().kind(Kind::Request).errors());
    let [record] = &records[..] else { panic!("{records:?}") };
    assert_eq!(
        (record.trace_id.to_string(), record.is_sampled),
        (server.trace_id(), false)
    );
    let held = service.receiver.logs();
    let held: Vec<_> = held.iter().filter(|log| log.body() == "looking").collect();
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].trace_id(), held[0].int("order")),
        (server.trace_id(), Some(13))
    );
    assert_eq!(held[0].attribute("held"), Some(&Value::BoolValue(true)));
    spans
}

#[tokio::test]
async fn a_failure_leaves_whole_spans_in_each_service_that_failed_and_no_other_request_any() {
    let payments = service("payments", None).await;
    let orders = service("orders", Some(payments.addr)).await;
    let storefront = service("storefront", Some(orders.addr)).await;
    let services = [&storefront, &orders, &payments];
    let subscriber = tracing_subscriber::registry()
        .with(storefront.obs.subscriber_layer())
        .with(orders.obs.subscriber_layer())
        .with(payments.obs.subscriber_layer());
    let _default = tracing::subscriber::set_default(subscriber);

    for order in 0..10 {
        assert_eq!(ask(storefront.addr, order).await, 200);
    }
    flush(services).await;
    for service in services {
        assert!(
            service.receiver.spans().is_empty(),
            "{:?}",
            names(&service.receiver.spans())
        );
        assert!(service.receiver.logs().iter().all(|log| log.body() != "looking"));
        let requests = Filter::new().kind(Kind::Request);
        assert_eq!(service.obs.recorder().recent(&requests).len(), 10);
    }

    assert_eq!(ask(storefront.addr, 13).await, 503);
    flush(services).await;
    let mut parent: Option<ReceivedSpan> = None;
    for service in services {
        let spans = check_failed(service, parent.as_ref());
        let call = spans.into_iter().find(|span| span.str("url.full").is_some());
        let is_last = std::ptr::eq(service, &raw const payments);
        assert_eq!(call.is_none(), is_last);
        parent = call;
    }
}

/// How many lines of this text there are, and how many of them are marked as held.
fn steps(text: &str) -> (usize, usize) {
    let steps: Vec<_> = text
        .lines()
        .filter(|line| line.contains("\"message\":\"step\""))
        .collect();
    let held = steps.iter().filter(|line| line.contains("\"held\":true"));
    (steps.len(), held.count())
}

/// 1 000 requests with 20 debug lines each, of which 3 fail.
fn thousand_requests(obs: &Obs) {
    let handler = |Path(order): Path<u32>| async move {
        (0..20).for_each(|line| debug!(order, line, "step"));
        if order % 333 == 1 {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::OK
        }
    };
    let app: Router = Router::new()
        .route("/orders/{id}", get(handler))
        .layer(ObsLayer::new().obs(obs));
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || {
        for order in 0..1_000 {
            let request = http::Request::get(format!("/orders/{order}")).body(axum::body::Body::empty());
            let answer = app.clone().oneshot(request.expect("a request")).now_or_never();
            drop(answer.expect("no waiting"));
        }
    });
}

#[test]
fn of_a_thousand_requests_those_that_fail_have_sixty_lines_more_in_the_file_and_at_the_collector() {
    let receiver = Receiver::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("service.log");
    let obs = Obs::builder("held")
        .log_format(LogFormat::Json)
        .log_target(LogTarget::file(&file))
        .log_filter("info")
        .lines_of_failures(Level::DEBUG)
        .otlp_endpoint(receiver.endpoint())
        .otlp_logs(true)
        .build()
        .expect("valid settings");
    thousand_requests(&obs);
    obs.shutdown(DEADLINE).expect("all is written and sent");
    let text = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(steps(&text), (60, 60));
    assert_eq!(text.lines().count(), 1_060);
    let logs = receiver.logs();
    let held: Vec<_> = logs.iter().filter(|log| log.body() == "step").collect();
    assert_eq!((held.len(), logs.len()), (60, 1_060));
    for (index, log) in (0..).zip(held) {
        assert_eq!(log.int("line"), Some(index % 20));
        assert_eq!(log.attribute("held"), Some(&Value::BoolValue(true)));
    }
}

/// Runs in a process of its own, whose standard output the test below reads.
#[test]
#[ignore = "a part of another test"]
fn thousand_requests_with_lines_on_standard_output() {
    let obs = Obs::builder("held")
        .log_format(LogFormat::Json)
        .log_target(LogTarget::stdout())
        .log_filter("info")
        .lines_of_failures(Level::DEBUG)
        .build()
        .expect("valid settings");
    thousand_requests(&obs);
    obs.shutdown(DEADLINE).expect("all is written");
}

#[test]
fn of_a_thousand_requests_those_that_fail_have_sixty_lines_more_on_standard_output() {
    let itself = std::env::current_exe().expect("a path");
    let test = "thousand_requests_with_lines_on_standard_output";
    let run = std::process::Command::new(itself)
        .args(["--exact", "--ignored", "--nocapture", test])
        .output()
        .expect("a process");
    let text = String::from_utf8(run.stdout).expect("text");
    assert!(run.status.success(), "{text}");
    assert_eq!(steps(&text), (60, 60));
    assert_eq!(text.matches("\"status\":").count(), 1_000);
}

/// A service that keeps each request waiting until it is told to answer.
#[tokio::test]
async fn a_request_that_hangs_is_running_with_its_open_span_until_it_ends() {
    let obs = Obs::builder("hanging")
        .log_writer(io::sink())
        .build()
        .expect("valid settings");
    let (answer, wait) = tokio::sync::watch::channel(false);
    let handler = move || {
        let mut wait = wait.clone();
        async move {
            let hang = async move { wait.wait_for(|answer| *answer).await.is_ok() };
            in_span("hang", hang).await;
        }
    };
    let app: Router = Router::new()
        .route("/hang", get(handler))
        .layer(ObsLayer::new().obs(&obs));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let addr = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let asked = tokio::spawn(http.get(format!("http://{addr}/hang")).send());

    let recorder = obs.recorder();
    let end = std::time::Instant::now() + DEADLINE;
    let running = loop {
        let running = recorder.running();
        if running.first().is_some_and(|request| !request.open_spans.is_empty()) {
            break running;
        }
        assert!(std::time::Instant::now() < end, "{running:?}");
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    };
    let [request] = &running[..] else { panic!("{running:?}") };
    assert_eq!((&*request.endpoint, request.phase), ("/hang", Phase::Waiting));
    assert_eq!(
        (&request.open_spans[..], request.status),
        (&["hang".to_owned()][..], None)
    );
    answer.send(true).expect("a handler that waits");
    assert_eq!(asked.await.expect("no panic").expect("an answer").status(), 200);
    obs.flush_when_idle_async(DEADLINE).await.expect("flushed");
    assert!(recorder.running().is_empty());
    assert_eq!(recorder.recent(&Filter::new()).len(), 1);
}
