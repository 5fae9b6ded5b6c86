//! The examples, as processes.

use std::{net::SocketAddr, process::Command};

use obs_tests::{
    DEADLINE,
    logs::LogLine,
    net::{self, Response},
    otlp::Receiver,
    page::Page,
    process::{self, Process},
    until,
};

/// One example for each adapter.
pub(crate) const SERVICES: [&str; 2] = ["axum-graceful", "actix-graceful"];

/// A service that exports to a receiver of ours.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) addr: SocketAddr,
}

// === impl Service ===

impl Service {
    pub(crate) fn start(package: &str, receiver: &Receiver, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(process::build(package));
        command
            .env("LISTEN", "127.0.0.1:0")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            // More than the load can fill: what overload drops is another test's affair.
            .env("OTEL_BSP_MAX_QUEUE_SIZE", "100000")
            .env_remove("RUST_LOG")
            .envs(settings.iter().copied());
        let process = Process::start(&mut command);
        let line = process.wait_for_line(DEADLINE, |line| line.contains("\"listening\""));
        let addr = LogLine::parse(&line).unwrap().str("address").parse().unwrap();
        Self { process, addr }
    }

    /// What `/ready` answers; `None` once connections are refused.
    pub(crate) fn readiness(&self) -> Option<u16> {
        let mut client = net::H1Client::try_open(self.addr).ok()?;
        client
            .try_send("GET /ready HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
            .ok()?;
        client.response("GET").ok().map(|answer| answer.status)
    }

    /// How many requests of an endpoint are in flight.
    pub(crate) fn in_flight(&self, endpoint: &str) -> u64 {
        let page = net::get(self.addr, "/metrics");
        let page = Page::parse(page.text()).unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        let requests = page.sum("http_requests_in_flight", &[("endpoint", endpoint)]) as u64;
        requests
    }

    /// The lines of a process that has ended, all of them.
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        // They come through a pipe, the last ones after the end of the process.
        until(DEADLINE, || self.process.is_read());
        self.process
            .stdout()
            .iter()
            .map(|line| LogLine::parse(line).unwrap())
            .collect()
    }

    /// The trace that a request without a caller began, by the id that its answer carries.
    pub(crate) fn trace_of(&self, answer: &Response) -> String {
        let id = answer.header("x-request-id").unwrap();
        let lines = self.lines();
        let line = lines
            .iter()
            .find(|line| line.is_request_line() && line.str("request_id") == id);
        line.expect("the request's line").str("trace_id").to_owned()
    }
}
