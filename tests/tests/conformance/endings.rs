//! The routes that end otherwise, and the end of the programs themselves.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use obs_tests::{
    DEADLINE,
    net::{H1Client, get},
    otlp::Receiver,
    page::Page,
    process::{Process, build},
    until,
};

use crate::program::{FRAMEWORKS, Server};

fn ask(server: &Server, path: &str) -> H1Client {
    let mut client = H1Client::open(server.addr);
    client.send(format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", server.addr));
    client
}

fn requests(server: &Server, endpoint: &str, outcome: &str) -> Option<f64> {
    let page = get(server.addr, "/metrics");
    let page = Page::parse(page.text()).unwrap_or_else(|error| panic!("{error}"));
    page.value("http_requests_total", &[("endpoint", endpoint), ("outcome", outcome)])
}

#[test]
fn a_stream_takes_its_time_and_is_recorded_to_its_end() {
    for framework in FRAMEWORKS {
        let server = Server::start(&[framework], None);
        assert_eq!(ask(&server, "/stream").response("GET").unwrap().body.len(), 4_000);
        until(DEADLINE, || requests(&server, "/stream", "ok") == Some(1.0));
        let page = get(server.addr, "/metrics");
        let page = Page::parse(page.text()).unwrap_or_else(|error| panic!("{error}"));
        let seconds = page
            .value("http_request_duration_seconds_sum", &[("endpoint", "/stream")])
            .unwrap();
        assert!((0.2..2.0).contains(&seconds), "{framework}: {seconds} s");
        server.end();
    }
}

#[test]
fn a_broken_body_and_a_panic_are_recorded_as_such() {
    for framework in FRAMEWORKS {
        let server = Server::start(&[framework], None);
        for (path, outcome) in [("/broken", "body_error"), ("/panic", "panic")] {
            assert!(ask(&server, path).response("GET").is_err(), "{framework}: {path}");
            until(DEADLINE, || requests(&server, path, outcome) == Some(1.0));
        }
        server.end();
    }
}

#[test]
fn a_request_under_way_does_not_hold_up_the_end_and_is_exported() {
    for framework in FRAMEWORKS {
        let receiver = Receiver::start();
        let server = Server::start(&[framework], Some(&receiver));
        let _client = ask(&server, "/slow");
        let in_flight = [("endpoint", "/slow")];
        until(DEADLINE, || {
            let page = get(server.addr, "/metrics");
            Page::parse(page.text()).is_ok_and(|page| page.value("http_requests_in_flight", &in_flight) == Some(1.0))
        });
        let told = Instant::now();
        server.end();
        assert!(
            told.elapsed() < Duration::from_secs(8),
            "{framework}: {:?}",
            told.elapsed()
        );
        let spans = receiver.spans();
        assert_eq!(
            spans.iter().map(|span| &*span.span.name).collect::<Vec<_>>(),
            ["GET /slow"],
            "{framework}"
        );
    }
}

#[test]
fn a_program_that_is_not_told_where_says_what_it_needs() {
    for (program, variable) in [
        ("axum", "OTEL_HTTP_SCENARIO_PORT"),
        ("actix", "OTEL_HTTP_SCENARIO_PORT"),
        ("w3c-axum", "OTEL_HTTP_SCENARIO_PORT"),
        ("w3c-actix", "OTEL_HTTP_SCENARIO_PORT"),
        ("reqwest", "MOCK_SERVER_URL"),
    ] {
        let mut process = Process::start(Command::new(build("conformance")).arg(program).env_remove(variable));
        assert_eq!(process.wait(DEADLINE).code(), Some(1), "{program}");
        until(DEADLINE, || process.stderr().iter().any(|line| line.contains(variable)));
    }
}
