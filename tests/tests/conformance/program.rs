//! The programs under test.

use std::{net::SocketAddr, process::Command};

use obs_tests::{
    DEADLINE, eventually,
    otlp::Receiver,
    process::{Process, build},
};

/// The frameworks: every expectation holds on each.
pub(crate) const FRAMEWORKS: [&str; 2] = ["axum", "actix"];

/// A server of the traffic.
#[derive(Debug)]
pub(crate) struct Server {
    process: Process,
    pub(crate) addr: SocketAddr,
}

/// A program that sends its spans to this receiver, and nowhere without one.
fn command(args: &[&str], receiver: Option<&Receiver>) -> Command {
    let mut command = Command::new(build("conformance"));
    command
        .args(args)
        .env_remove("OTEL_METRICS_EXPORTER")
        .env_remove("OTEL_TRACES_SAMPLER")
        .env_remove("OTEL_RESOURCE_ATTRIBUTES")
        .env_remove("RUST_LOG");
    match receiver {
        Some(receiver) => command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint()),
        None => command.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT"),
    };
    command
}

/// Runs the client against `server` to its end.
#[track_caller]
pub(crate) fn run_client(args: &[&str], server: SocketAddr, receiver: &Receiver) {
    let args = [&["reqwest"], args].concat();
    let mut client = command(&args, Some(receiver));
    let mut client = Process::start(client.env("MOCK_SERVER_URL", format!("http://{server}")));
    assert!(client.wait(DEADLINE).success(), "{:#?}", client.stderr());
}

// === impl Server ===

impl Server {
    /// Starts it on a free port.
    pub(crate) fn start(args: &[&str], receiver: Option<&Receiver>) -> Self {
        Self::start_with(args, receiver, &[])
    }

    /// [`start`](Self::start) with these variables besides.
    pub(crate) fn start_with(args: &[&str], receiver: Option<&Receiver>, set: &[(&str, &str)]) -> Self {
        let mut command = command(args, receiver);
        command.envs(set.iter().copied());
        let process = Process::start_with_input(command.env("OTEL_HTTP_SCENARIO_PORT", "0"));
        let addr = eventually(DEADLINE, || {
            process
                .stderr()
                .iter()
                .find_map(|line| line.strip_prefix("listening on http://")?.parse().ok())
        });
        Self { process, addr }
    }

    /// Closes its input, which is the end of a well-behaved server.
    #[track_caller]
    pub(crate) fn end(mut self) {
        self.process.close_input();
        let status = self.process.wait(DEADLINE);
        assert!(status.success(), "{status}: {:#?}", self.process.stderr());
    }
}
