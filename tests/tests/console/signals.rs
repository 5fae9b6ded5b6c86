//! The console shows the service and not itself.

use obs_core::{metrics::Format, recorder::Filter};
use obs_tests::{DEADLINE, net, wait::until};

use super::Served;

#[test]
fn requests_of_the_console_are_in_none_of_the_signals() {
    let served = Served::start(|console| console);
    for (_, addr) in served.addrs {
        assert_eq!(net::get(addr, "/ping").status, 200);
    }
    for path in [
        "/obs",
        "/obs/",
        "/obs/logs",
        "/obs/api/v1/session",
        "/obs/api/v1/nothing",
        "/obs/nothing",
        "/obs/assets/x",
    ] {
        served.ask("GET", path, &[], "");
        served.ask("GET", path, &[("host", "evil.example")], "");
        served.ask("DELETE", path, &[], "");
    }
    let recorder = served.obs.recorder();
    until(DEADLINE, || recorder.running().is_empty());
    let records = recorder.recent(&Filter::new());
    let paths: Vec<&str> = records.iter().map(|record| &*record.path).collect();
    assert_eq!(paths, ["/ping", "/ping"]);
    until(DEADLINE, || served.lines.text().lines().count() >= 2);
    assert!(!served.lines.text().contains("/obs"), "{}", served.lines.text());
    let page = String::from_utf8(served.obs.registry().render(Format::Text)).unwrap();
    let requests: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("http_requests_total"))
        .collect();
    assert!(
        !requests.is_empty() && requests.iter().all(|line| line.contains("/ping")),
        "{requests:?}"
    );
    let in_flight = page.lines().filter(|line| line.starts_with("http_requests_in_flight"));
    assert!(
        in_flight
            .clone()
            .all(|line| line.contains("/ping") && line.ends_with(" 0")),
        "{page}"
    );
}
