//! Tables of several services.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    source::{Reading, Source, read_all},
    table,
};
use crate::{
    client::{Address, ClientError, mock::Mock},
    text::plain,
};

fn row(endpoint: &str, rate: f64, error_ratio: f64) -> serde_json::Value {
    json!({ "kind": "server", "method": "GET", "endpoint": endpoint, "rate": rate, "error_ratio": error_ratio,
            "errors": error_ratio * 10.0, "p99": 0.2, "in_flight": 1 })
}

fn overview() -> String {
    json!({ "endpoints": [row("/", 50.0, 0.0), row("/checkout", 2.0, 0.5), row("/cart", 9.0, 0.0)],
            "totals": { "rate": 61.0, "error_ratio": 0.02, "in_flight": 3 } })
    .to_string()
}

fn shop() -> Mock {
    Mock::console(|path| path.starts_with("overview?last=5m").then(overview))
}

fn source(url: &str) -> Source {
    Source::new(Address::parse(url).unwrap(), None, "5m")
}

fn shown(readings: &[Result<Reading, ClientError>]) -> String {
    let lines: Vec<_> = table(readings, 100).iter().map(plain).collect();
    lines.join("\n")
}

#[test]
fn what_fails_comes_first() {
    let mock = shop();
    assert_eq!(
        shown(&read_all(&mut [source(&mock.url)])),
        "\
shop  61.0/s  2.0% errors  3 running

ENDPOINT       RATE/s  ERRORS  P50  P95    P99  RUNNING  BUDGET
GET /checkout     2.0     50%    -    -  200ms        1       -
GET /            50.0      0%    -    -  200ms        1       -
GET /cart         9.0      0%    -    -  200ms        1       -"
    );
}

#[test]
fn a_service_that_is_away_keeps_the_others_from_nothing() {
    let mock = shop();
    let readings = read_all(&mut [source("http://127.0.0.1:1"), source(&mock.url)]);
    assert!(readings[0].is_err() && readings[1].is_ok());
    let shown = shown(&readings);
    assert!(
        shown.contains("nothing listens there") && shown.contains("GET /checkout"),
        "{shown}"
    );
}

#[test]
fn a_metrics_page_has_rates_from_its_second_reading_on() {
    let mut source = source("http://localhost:1");
    let page = |n: u32| format!("http_requests_total{{method=\"GET\",path=\"/\",code=\"500\"}} {n}\n");
    let start = Instant::now();
    let first = source.page(&page(5), start);
    assert!(first.is_first && !first.has_findings());
    let reading = source.page(&page(25), start + Duration::from_secs(10));
    assert!(!reading.is_first && reading.has_findings());
    let shown = shown(&[Ok(reading)]);
    assert!(
        shown.contains("its metrics page alone") && shown.contains("GET /"),
        "{shown}"
    );
}
