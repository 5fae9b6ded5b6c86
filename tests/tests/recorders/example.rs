//! The example, as its own program: `init` adopts the exporter that is installed.

use std::{net::SocketAddr, process::Command};

use obs_tests::{
    DEADLINE,
    logs::LogLine,
    net,
    page::{Kind, Page},
    process::{self, Process},
};

#[test]
fn init_adopts_the_installed_exporter_and_says_so() {
    let mut command = Command::new(process::build("prometheus-exporter"));
    command
        .arg("127.0.0.1:0")
        .env_remove("RUST_LOG")
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    let process = Process::start(&mut command);
    let line = process.wait_for_line(DEADLINE, |line| line.contains("\"listening\""));
    let address: SocketAddr = LogLine::parse(&line)
        .expect("a line")
        .str("address")
        .parse()
        .expect("an address");
    let said = process.stdout();
    assert!(
        said.iter()
            .any(|line| line.contains("metrics go to the installed recorder")),
        "{said:#?}"
    );

    assert_eq!(net::get(address, "/orders/7").text(), "order 7\n");
    assert_eq!(net::get(address, "/orders/8").text(), "order 8\n");
    let response = net::get(address, "/metrics");
    assert_eq!(
        response.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let page = Page::parse_tolerant(response.text()).unwrap_or_else(|error| panic!("{error}"));
    let of_orders = [("method", "GET"), ("endpoint", "/orders/{id}"), ("status", "200")];
    assert_eq!(page.value("http_requests_total", &of_orders), Some(2.0));
    assert_eq!(page.value("http_request_duration_seconds_count", &of_orders), Some(2.0));
    assert_eq!(
        page.family("http_request_duration_seconds").map(|family| family.kind),
        Some(Kind::Histogram)
    );
    assert_eq!(
        page.value("orders_viewed_total", &[]),
        Some(2.0),
        "the application's own"
    );
    assert!(
        !response.text().contains("/metrics"),
        "the page leaves itself out:\n{}",
        response.text()
    );
}
