//! What `Obs` reads from the environment, each variable in a process of its own: it sends its spans to
//! a receiver, over encrypted connections too, and tells what it has made of its settings.

#![expect(clippy::expect_used, reason = "tests: what can't go on fails the test")]

use std::{
    env,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, routing::get};
use futures_util::FutureExt as _;
use http::Request;
use obs_axum::ObsLayer;
use obs_core::{Obs, logs::LogFormat};
use obs_tests::{
    DEADLINE,
    otlp::{Answer, ReceivedSpan, Receiver, Transport, encrypted},
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::runtime::Runtime;
use tokio_rustls::rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tower::Service as _;

/// Set in the processes that are tested.
const CHILD: &str = "OBS_TEST_CHILD";
/// Requests that a process handles.
const REQUESTS: usize = 40;

/// What a process wrote, and the spans that came from it.
struct Seen {
    output: String,
    spans: Vec<ReceivedSpan>,
}

/// The process that is tested: this program again.
#[test]
fn child() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let obs = match Obs::builder("").log_format(LogFormat::Pretty).init() {
        Ok(obs) => obs,
        Err(error) => return println!("refused: {error}"),
    };
    let app = Router::new()
        .route("/users/{id}", get(async || "hello"))
        .layer(ObsLayer::new().obs(&obs));
    let mut app = app.into_service::<Body>();
    for _ in 0..REQUESTS {
        let request = Request::get("/users/7")
            .header("traceparent", "00-12345678901234567890123456789012-1234567890123456-01")
            .body(Body::empty())
            .expect("a request");
        app.call(request)
            .now_or_never()
            .expect("no waiting")
            .expect("an answer");
    }
    let began = Instant::now();
    let ended = obs.shutdown(DEADLINE);
    println!("shutdown: {ended:?} after {:?}", began.elapsed());
    println!(
        "{}",
        String::from_utf8_lossy(&obs.registry().render(obs_core::metrics::Format::Text))
    );
}

// === impl Seen ===

impl Seen {
    /// There is one line with this text, and it is a warning.
    #[track_caller]
    fn warned_once(&self, text: &str) {
        // A message in which something reads like a field is quoted on a pretty line.
        let output = self.output.replace("\\\"", "\"");
        let lines: Vec<_> = output.lines().filter(|line| line.contains(text)).collect();
        assert!(
            lines.len() == 1 && lines[0].contains("WARN"),
            "{text}: {lines:?} in {}",
            self.output
        );
    }
}

fn run(receiver: &Receiver, set: &[(&str, &str)]) -> Seen {
    let mut command = Command::new(env::current_exe().expect("this program has a path"));
    command.args(["--exact", "child", "--nocapture"]).env(CHILD, "1");
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("OTEL_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command
        .env("OTEL_SERVICE_NAME", "from-env")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint());
    let output = command
        .envs(set.iter().copied())
        .output()
        .expect("this program can be started");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{text}");
    Seen {
        output: text,
        spans: receiver.spans(),
    }
}

/// Runs the process with these variables and a receiver of its own.
fn with(set: &[(&str, &str)]) -> (Seen, Receiver) {
    let receiver = Receiver::start();
    (run(&receiver, set), receiver)
}

/// Why the process refused to start.
fn refused(set: &[(&str, &str)]) -> String {
    let (seen, _) = with(set);
    let line = seen
        .output
        .lines()
        .find_map(|line| line.split_once("refused: "))
        .expect("a refusal");
    line.1.to_owned()
}

#[test]
fn name_and_attributes_are_on_spans_lines_and_metrics() {
    let attributes = "service.version=7,deployment.environment.name=prod,team=blue%20sky";
    let (seen, _receiver) = with(&[("OTEL_RESOURCE_ATTRIBUTES", attributes)]);
    assert_eq!(
        (seen.spans.len(), seen.spans[0].service()),
        (REQUESTS, Some("from-env"))
    );
    let page = seen
        .output
        .lines()
        .find(|line| line.starts_with("target_info"))
        .expect("the metric");
    for expected in [
        "service_name=\"from-env\"",
        "service_version=\"7\"",
        "team=\"blue sky\"",
    ] {
        assert!(page.contains(expected), "{page}");
    }
}

#[test]
fn a_sampler_is_followed() {
    let (seen, _receiver) = with(&[
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0"),
    ]);
    assert!(seen.spans.is_empty());
    let (seen, _receiver) = with(&[("OTEL_TRACES_SAMPLER", "Sometimes")]);
    assert_eq!(seen.spans.len(), REQUESTS, "what is unknown is ignored");
    seen.warned_once("OTEL_TRACES_SAMPLER is \"Sometimes\", expected always_on");
}

#[test]
fn the_export_can_be_switched_off() {
    for off in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
        let (seen, receiver) = with(&[off]);
        assert!(seen.spans.is_empty() && receiver.requests().is_empty(), "{off:?}");
        assert!(seen.output.contains("shutdown: Ok"), "{}", seen.output);
    }
}

#[test]
fn headers_and_compression_go_over_both_protocols() {
    for (protocol, transport, encoding) in [
        ("http/protobuf", Transport::Http, "content-encoding"),
        ("grpc", Transport::Grpc, "grpc-encoding"),
    ] {
        let (seen, receiver) = with(&[
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-general=1"),
            (
                "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
                "authorization=Basic%20Zm9v, x-team = blue",
            ),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ]);
        assert_eq!((seen.spans.len(), seen.spans[0].transport), (REQUESTS, transport));
        let headers = &receiver.requests()[0].headers;
        let header = |name: &str| headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        let sent = ["authorization", "x-team", encoding].map(|name| header(name).unwrap_or_default());
        assert_eq!(sent, ["Basic Zm9v", "blue", "gzip"], "{protocol}");
        assert_eq!(header("x-general"), None, "the variable for traces wins");
        let user_agent = header("user-agent").expect("who sends it");
        assert!(
            user_agent.starts_with(concat!("obs-core/", env!("CARGO_PKG_VERSION"))),
            "{user_agent}"
        );
    }
    let (seen, receiver) = with(&[("OTEL_EXPORTER_OTLP_HEADERS", "hidden,x-key=abc;def")]);
    seen.warned_once("OTEL_EXPORTER_OTLP_HEADERS: member 1 is no header");
    assert!(!seen.output.contains("hidden"), "{}", seen.output);
    assert_eq!(receiver.requests()[0].headers["x-key"], "abc;def");
}

#[test]
fn values_that_can_not_be_are_told_once_and_the_defaults_stand_in_for_them() {
    let set = [
        // Spans and log records ask for them.
        ("OTEL_LOGS_EXPORTER", "OTLP"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "never"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "brotli"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_PROPAGATORS", "TraceContext,b3"),
        ("OTEL_SDK_DISABLED", "1"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=blue,broken"),
        ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://zipkin"),
    ];
    let (seen, _receiver) = with(&set);
    assert_eq!(seen.spans.len(), REQUESTS, "{}", seen.output);
    assert_eq!(seen.spans[0].parent_span_id(), "1234567890123456");
    for (name, value) in set.into_iter().filter(|(_, value)| *value != "OTLP") {
        seen.warned_once(name);
        let is_list = name == "OTEL_RESOURCE_ATTRIBUTES" || name == "OTEL_EXPORTER_ZIPKIN_ENDPOINT";
        let told = value.rsplit(',').next().unwrap_or_default();
        assert!(
            is_list || seen.output.contains(&format!("{told}\"")),
            "{name}: {}",
            seen.output
        );
    }
}

#[test]
fn nothing_of_the_environment_stops_a_service_whose_sdk_is_disabled() {
    let nonsense = [
        "OTEL_SERVICE_NAME",
        "OTEL_RESOURCE_ATTRIBUTES",
        "OTEL_PROPAGATORS",
        "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_EXPORTER",
        "OTEL_LOGS_EXPORTER",
        "OTEL_METRICS_EXPORTER",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
        "OTEL_BSP_MAX_QUEUE_SIZE",
        "OTEL_METRIC_EXPORT_INTERVAL",
    ];
    let mut set: Vec<_> = nonsense.into_iter().map(|name| (name, "non\tsense,")).collect();
    set.extend([("OTEL_SDK_DISABLED", "TRUE"), ("RUST_LOG", "shop=loud")]);
    let (seen, receiver) = with(&set);
    assert!(
        seen.output.contains("shutdown: Ok") && !seen.output.contains("refused"),
        "{}",
        seen.output
    );
    assert!(receiver.requests().is_empty());
    assert!(
        seen.output.contains("service_name=\"unknown_service\""),
        "{}",
        seen.output
    );
}

#[test]
fn a_timeout_of_0_is_no_limit() {
    let receiver = Receiver::start();
    receiver.answer_next([Answer::Delay(Duration::from_millis(500))]);
    let seen = run(
        &receiver,
        &[("OTEL_EXPORTER_OTLP_TIMEOUT", "0"), ("OTEL_BSP_EXPORT_TIMEOUT", "0")],
    );
    assert_eq!(
        (seen.spans.len(), receiver.requests().len()),
        (REQUESTS, 1),
        "{}",
        seen.output
    );
}

#[test]
fn what_a_collector_rejects_of_a_batch_is_counted_over_both_protocols() {
    for protocol in ["http/protobuf", "grpc"] {
        let receiver = Receiver::start();
        receiver.answer(Answer::Partial(3));
        let seen = run(&receiver, &[("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)]);
        assert!(seen.output.contains("shutdown: Err"), "{}", seen.output);
        let dropped = seen
            .output
            .lines()
            .filter(|line| line.starts_with("obs_spans_dropped_total{"));
        let dropped: Vec<_> = dropped.filter(|line| !line.ends_with(" 0")).collect();
        assert_eq!(
            dropped,
            ["obs_spans_dropped_total{reason=\"export_failed\"} 3"],
            "{protocol}"
        );
        assert_eq!(receiver.requests().len(), 1, "to send the others again is of no use");
    }
}

#[test]
fn batches_are_as_large_as_they_should_be_and_are_given_up_in_time() {
    let (seen, receiver) = with(&[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")]);
    assert_eq!(seen.spans.len(), REQUESTS);
    assert!(
        receiver.requests().len() >= REQUESTS / 10,
        "{}",
        receiver.requests().len()
    );

    let receiver = Receiver::start();
    receiver.answer(Answer::Hang);
    let patience = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "20"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "100"),
        ("OTEL_BSP_SCHEDULE_DELAY", "10"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "100"),
    ];
    let began = Instant::now();
    let seen = run(&receiver, &patience);
    assert!(began.elapsed() < DEADLINE / 2, "{:?}", began.elapsed());
    assert!(seen.output.contains("shutdown: Err"), "{}", seen.output);
}

#[test]
fn a_propagator_that_is_not_ours_is_told() {
    let (seen, _receiver) = with(&[("OTEL_PROPAGATORS", "tracecontext,baggage,b3")]);
    let warning = seen
        .output
        .lines()
        .find(|line| line.contains("OTEL_PROPAGATORS"))
        .expect("a warning");
    assert!(
        warning.contains("WARN") && warning.contains("b3") && warning.contains("propagator"),
        "{warning}"
    );
    assert!(!warning.contains('\u{1b}'), "no colours into a pipe");
    assert_eq!(seen.spans[0].parent_span_id(), "1234567890123456");
    let (seen, _receiver) = with(&[("OTEL_PROPAGATORS", "none")]);
    assert_eq!(seen.spans[0].parent_span_id(), "");
}

#[test]
fn the_known_methods_are_those_of_the_variable_and_no_others() {
    for (listed, name) in [
        ("POST,PURGE", "HTTP /users/{id}"),
        ("PURGE, GET", "GET /users/{id}"),
        ("", "GET /users/{id}"),
    ] {
        let (seen, _receiver) = with(&[("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", listed)]);
        assert!(
            !seen.spans.is_empty() && seen.spans.iter().all(|received| received.span.name == name),
            "{listed:?}"
        );
        assert_eq!(
            seen.output.contains("method_original"),
            name.starts_with("HTTP"),
            "{}",
            seen.output
        );
    }
    let (seen, _receiver) = with(&[("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "GET,not a method")]);
    assert!(
        seen.output.contains("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"),
        "{}",
        seen.output
    );
}

#[test]
fn the_filter_of_lines_is_followed() {
    let lines = |filter| {
        let (seen, _receiver) = with(&[("RUST_LOG", filter), ("NO_COLOR", "1")]);
        seen.output
            .lines()
            .filter(|line| line.contains("GET /users/{id} 200"))
            .count()
    };
    assert_eq!(lines("error"), 0);
    assert!(lines("info") >= REQUESTS);
}

#[test]
fn a_filter_that_can_not_be_meant_is_told_though_it_lets_nothing_through() {
    for (filter, told) in [
        (
            "verbose",
            "\"verbose\" is no level (off, error, warn, info, debug or trace)",
        ),
        ("warning", "is no level"),
        ("hyper=off", "nothing is logged"),
        ("info,my-crate=debug", "hyphen"),
    ] {
        let (seen, _receiver) = with(&[("RUST_LOG", filter), ("NO_COLOR", "1")]);
        seen.warned_once(&format!("RUST_LOG is \"{filter}\": "));
        assert!(seen.output.contains(told), "{}", seen.output);
    }
}

#[test]
fn an_encrypted_connection_is_made_to_whom_the_certificate_names() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("collector.pem");
    std::fs::write(&file, cert.pem()).expect("a file in the temporary folder");
    let file = file.to_str().expect("a path of text");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of the protocol")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a certificate and its key");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let runtime = Runtime::new().expect("a runtime");
    for protocol in ["http/protobuf", "grpc"] {
        let receiver = Receiver::start();
        let addr = runtime.block_on(encrypted(Arc::new(config.clone()), receiver.addr()));
        let url = format!("https://localhost:{}", addr.port());
        let common = [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
        ];
        let trusted = run(
            &receiver,
            &[&common[..], &[("OTEL_EXPORTER_OTLP_CERTIFICATE", file)]].concat(),
        );
        assert_eq!(trusted.spans.len(), REQUESTS, "{protocol}: {}", trusted.output);
        receiver.clear();
        let untrusted = run(&receiver, &common);
        assert!(
            untrusted.spans.is_empty(),
            "{protocol}: nobody vouches for the certificate"
        );
        assert!(
            untrusted.output.contains("shutdown: Err"),
            "{protocol}: {}",
            untrusted.output
        );
    }
    let error = refused(&[("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere")]);
    assert!(
        error.starts_with("OTEL_EXPORTER_OTLP_CERTIFICATE is \"/nowhere\""),
        "{error}"
    );
}
