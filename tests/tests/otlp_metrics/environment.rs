//! Settings that come from the environment, each in a process of its own.

use std::{env, process::Command, time::Duration};

use obs_axum::ObsLayer;
use obs_core::{Obs, logs::LogFormat};
use obs_tests::{
    DEADLINE,
    otlp::{Receiver, Transport},
};

use crate::service::{app, ask, named};

/// Set in the processes that are tested: for how long they run, in milliseconds.
const CHILD: &str = "OBS_TEST_CHILD";

/// The process that is tested: this program again.
#[test]
fn child() {
    let Ok(lasts) = env::var(CHILD) else { return };
    let obs = match Obs::builder("shop").log_format(LogFormat::Pretty).build() {
        Ok(obs) => obs,
        Err(error) => return println!("refused: {error}"),
    };
    ask(&app(ObsLayer::new().obs(&obs)), "GET", "/users/7");
    std::thread::sleep(Duration::from_millis(lasts.parse().unwrap()));
    obs.shutdown(DEADLINE).unwrap();
}

/// Runs a test of this program with these variables and no others of OpenTelemetry.
fn run(test: &str, set: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
        command.env_remove(name);
    }
    let output = command.envs(set.iter().copied()).output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    text
}

/// Runs the child for so long against a receiver.
fn run_child(receiver: &Receiver, lasts: &str, set: &[(&str, &str)]) -> String {
    let endpoint = receiver.endpoint();
    let set = [&[(CHILD, lasts), ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint)], set].concat();
    run("environment::child", &set)
}

#[test]
fn requests_are_pushed_over_grpc() {
    let test = "server::requests_are_pushed_by_the_conventions_whatever_the_page_has";
    run(test, &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
}

#[test]
fn the_exporter_is_chosen_by_its_variable() {
    let exporters = [
        ("otlp", true),
        ("prometheus, otlp", true),
        ("none", false),
        ("prometheus", false),
        ("", false),
    ];
    for (exporter, pushes) in exporters {
        let receiver = Receiver::start();
        run_child(&receiver, "0", &[("OTEL_METRICS_EXPORTER", exporter)]);
        assert_eq!(!receiver.metrics().is_empty(), pushes, "{exporter}");
    }
    let receiver = Receiver::start();
    let text = run_child(&receiver, "0", &[("OTEL_METRICS_EXPORTER", "carrier-pigeon")]);
    assert!(
        text.contains("OTEL_METRICS_EXPORTER is \"carrier-pigeon\", expected otlp or none"),
        "{text}"
    );
    assert!(receiver.metrics().is_empty());
}

#[test]
fn an_endpoint_for_metrics_asks_for_them() {
    let (general, receiver) = (Receiver::start(), Receiver::start());
    let endpoint = format!("{}/v1/metrics", receiver.endpoint());
    run_child(&general, "0", &[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &endpoint)]);
    assert!(general.metrics().is_empty() && general.spans().len() == 1);
    assert!(receiver.metrics().len() == 1 && receiver.spans().is_empty());
}

#[test]
fn nothing_is_pushed_where_the_sdk_is_switched_off() {
    let receiver = Receiver::start();
    run_child(
        &receiver,
        "0",
        &[("OTEL_METRICS_EXPORTER", "otlp"), ("OTEL_SDK_DISABLED", "true")],
    );
    assert!(receiver.requests().is_empty());
}

#[test]
fn the_interval_is_that_of_its_variable() {
    let receiver = Receiver::start();
    let set = [("OTEL_METRICS_EXPORTER", "otlp"), ("OTEL_METRIC_EXPORT_INTERVAL", "50")];
    run_child(&receiver, "600", &set);
    let pushes = receiver.metrics().len();
    assert!((3..=13).contains(&pushes), "{pushes} pushes in 600 ms");
}

#[test]
fn headers_compression_and_protocol_are_those_of_their_variables() {
    for (protocol, transport) in [("http/protobuf", Transport::Http), ("grpc", Transport::Grpc)] {
        let receiver = Receiver::start();
        let set = [
            ("OTEL_METRICS_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "api-key=s%20cret,Team=blue"),
            ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "gzip"),
        ];
        run_child(&receiver, "0", &set);
        let requests = receiver.requests();
        let request = requests.iter().find(|request| request.path == "/v1/metrics").unwrap();
        assert!(
            request.headers["api-key"] == "s cret" && request.headers["team"] == "blue",
            "{request:?}"
        );
        let encoding = match transport {
            Transport::Http => "content-encoding",
            Transport::Grpc => "grpc-encoding",
        };
        assert_eq!(request.transport, transport);
        assert_eq!(request.headers[encoding], "gzip");
        let push = receiver.metrics().pop().unwrap();
        assert_eq!(
            named(&push, "http.server.request.duration").unwrap().histograms()[0].count,
            1
        );
    }
}

#[test]
fn what_can_not_be_done_is_told_by_name_and_ignored() {
    for (variable, value) in [
        ("OTEL_METRICS_EXEMPLAR_FILTER", "always_on"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "base2_exponential_bucket_histogram",
        ),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
    ] {
        let receiver = Receiver::start();
        let text = run_child(&receiver, "0", &[("OTEL_METRICS_EXPORTER", "otlp"), (variable, value)]);
        assert!(
            text.contains(&format!("{variable} is \"{value}\", expected ")) && text.contains("WARN"),
            "{text}"
        );
        assert!(!receiver.metrics().is_empty(), "{variable}");
    }
    let nowhere = [
        ("OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "nowhere"),
    ];
    let text = run_child(&Receiver::start(), "0", &nowhere);
    assert!(
        text.contains("refused: OTEL_EXPORTER_OTLP_METRICS_ENDPOINT is \"nowhere\", expected "),
        "{text}"
    );
}
