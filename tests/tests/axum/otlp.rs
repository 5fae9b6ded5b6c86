//! The rows once more, with obs's own provider and exporter and a collector at the other end.

use std::{env, process::Command};

use obs_tests::{
    otlp::Transport,
    scenario::{Stage, Wire, check_all, play, table},
};

use crate::adapter::Axum;

/// The variable that says how spans are sent, and its value for gRPC
/// ([OTLP exporter](https://opentelemetry.io/docs/specs/otel/protocol/exporter/)).
const OVER_GRPC: (&str, &str) = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");

/// Over HTTP/protobuf, or as the environment says.
#[test]
fn every_row_reaches_the_collector() {
    let is_grpc = env::var(OVER_GRPC.0).is_ok_and(|value| value == OVER_GRPC.1);
    let transport = if is_grpc { Transport::Grpc } else { Transport::Http };
    let ok = &table::endings()[0];
    let evidence =
        play(&Stage::over_otlp(), &Axum::PLAIN, Wire::H1, ok, &ok.expect).unwrap_or_else(|row| panic!("{row}"));
    assert_eq!(
        evidence.spans[0].received.as_ref().map(|(transport, _)| *transport),
        Some(transport)
    );

    for wire in Wire::ALL {
        assert!(
            check_all(&Axum::PLAIN, wire, &table::all(), Stage::over_otlp) > 0,
            "no row applies"
        );
    }
}

/// The environment belongs to a whole process, so this is one of its own.
#[test]
fn every_row_reaches_the_collector_over_grpc() {
    let (name, value) = OVER_GRPC;
    let output = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "otlp::every_row_reaches_the_collector"])
        .env(name, value)
        .output()
        .expect("this program can be started");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
