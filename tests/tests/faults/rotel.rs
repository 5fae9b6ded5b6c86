//! The same with `rotel`, a collector that nobody here wrote (a Python package with a program in it). It
//! hands on what it gets to a receiver of ours.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    time::{Duration, Instant},
};

use obs_tests::{DEADLINE, backends, otlp::Receiver, process::Process, until};
use tempfile::TempDir;

use crate::{alone, service::Service};

/// More than a batch: sent without waiting for more.
const REQUESTS: usize = 600;

struct Rotel {
    process: Process,
    addr: SocketAddr,
    _folder: TempDir,
}

// === impl Rotel ===

impl Rotel {
    /// Starts it at this address and waits until it listens.
    fn start(addr: SocketAddr, receiver: &Receiver) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(program());
        command
            .arg("start")
            .args(["--otlp-http-endpoint", &addr.to_string()])
            .args(["--otlp-grpc-endpoint", &free_address().to_string()])
            .args(["--exporter", "otlp", "--otlp-exporter-protocol", "http"])
            .args(["--otlp-exporter-endpoint", &receiver.endpoint()])
            .arg("--pid-file")
            .arg(folder.path().join("pid"))
            .arg("--log-file")
            .arg(folder.path().join("log"));
        let mut process = Process::start(&mut command);
        until(DEADLINE, || {
            assert!(
                process.try_wait().is_none(),
                "rotel has ended: {:#?} {:#?}",
                process.stdout(),
                process.stderr()
            );
            TcpStream::connect(addr).is_ok()
        });
        Self {
            process,
            addr,
            _folder: folder,
        }
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.process.id().to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "kill {signal} failed");
    }
}

/// The program inside of the Python package.
fn program() -> String {
    let path = "import os, rotel; print(os.path.join(os.path.dirname(rotel.__file__), 'rotel-agent'))";
    let output = Command::new(backends::program("rotel"))
        .args(["-I", "-c", path])
        .output()
        .expect("python can be started");
    let found = output.status.success();
    assert!(
        found,
        "this test needs the Python package rotel: ./test.sh, which puts it into .tools/venv"
    );
    String::from_utf8(output.stdout).expect("a path").trim().to_owned()
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port on loopback")
}

/// Waits until spans that end from now on arrive.
fn arrives_again(service: &mut Service, receiver: &Receiver) {
    receiver.clear();
    until(2 * DEADLINE, || {
        service.handle(REQUESTS);
        !receiver.spans().is_empty()
    });
}

#[test]
fn a_collector_of_others_takes_our_spans_stops_dies_and_comes_back() {
    if !backends::require("rotel") {
        return;
    }
    let _alone = alone();
    let receiver = Receiver::start();
    let rotel = Rotel::start(free_address(), &receiver);
    let addr = rotel.addr;
    let mut service = Service::start(Some(format!("http://{addr}")));

    service.handle(REQUESTS);
    let spans = receiver.wait_for(DEADLINE, |spans| spans.len() >= 512);
    assert_eq!(
        (spans[0].service(), &*spans[0].span.name),
        (Some("faults"), "GET /users/{id}")
    );
    assert_eq!(
        spans[0].int("http.response.status_code"),
        Some(200),
        "integers stay integers"
    );

    // Stopped, it accepts (the system does) and never answers.
    rotel.signal("-STOP");
    let began = Instant::now();
    service.handle(10 * REQUESTS);
    let took = began.elapsed();
    assert!(
        took < Duration::from_secs(10),
        "requests have waited for a collector that stands still: {took:?}"
    );
    until(DEADLINE, || service.lost("queue_full") > 0);
    rotel.signal("-CONT");
    arrives_again(&mut service, &receiver);

    drop(rotel);
    until(DEADLINE, || {
        service.handle(REQUESTS);
        service.lost("export_failed") > 0
    });
    let rotel = Rotel::start(addr, &receiver);
    arrives_again(&mut service, &receiver);
    service.obs.shutdown(DEADLINE).expect("nothing is in the way any more");
    drop(rotel);
}
