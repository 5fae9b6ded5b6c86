//! A real Prometheus that wants native histograms scrapes protobuf; another one, of the same
//! service, takes the classic ones: both find the same 99th percentile.

use std::{collections::BTreeMap, thread, time::Duration};

use axum::{Router, extract::Path, routing::get};
use obs_axum::{ObsLayer, obs_core::Obs};
use obs_tests::{
    DEADLINE, backends,
    logs::LogBuffer,
    net::{H1Client, Server},
    prometheus::{Point, Prometheus},
};

const NATIVE: &str = "histogram_quantile(0.99, rate(http_request_duration_seconds[5m]))";
const CLASSIC: &str = "histogram_quantile(0.99, rate(http_request_duration_seconds_bucket[5m]))";
const NATIVE_ORDERS: &str = "histogram_quantile(0.99, sum(rate(order_processing_seconds[5m])))";
const CLASSIC_ORDERS: &str = "histogram_quantile(0.99, sum by (le) (rate(order_processing_seconds_bucket[5m])))";

/// The upper bounds of the classic buckets.
const BOUNDS: [f64; 15] = [
    0.0, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
/// By how much a native bucket of schema 3 ends above its beginning: 2^(1/8).
const NATIVE_WIDTH: f64 = 1.091;
const CLIENTS: u64 = 8;

fn service() -> (Obs, LogBuffer, Server) {
    let logs = LogBuffer::new();
    let obs = Obs::builder("shop").log_writer(logs.clone()).build().unwrap();
    let registry = obs.registry().clone();
    let order = get(|Path(millis): Path<u64>| async move {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        metrics::with_local_recorder(&registry, || {
            metrics::histogram!("order_processing_seconds").record(millis as f64 / 100.0);
        });
        "done"
    });
    let routes = Router::new()
        .route("/orders/{millis}", order)
        .route("/health", get(|| async { "ok" }));
    let app = routes
        .layer(ObsLayer::new().obs(&obs))
        .merge(obs_axum::metrics_for("/metrics", &obs));
    (obs, logs, Server::start(app))
}

/// Orders that take 1 to 120 ms, and quick requests, from several clients at once.
fn send(server: &Server) {
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                let mut connection = H1Client::open(server.addr());
                for n in 0..25 {
                    let millis = (n * 37 + client * 11) % 120 + 1;
                    for path in [format!("/orders/{millis}"), "/health".to_owned()] {
                        connection.send(format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n"));
                        assert_eq!(connection.response("GET").unwrap().status, 200);
                    }
                }
            });
        }
    });
}

/// Values by endpoint.
fn by_endpoint(points: &[Point]) -> BTreeMap<String, f64> {
    points
        .iter()
        .map(|point| (point.labels.get("endpoint").cloned().unwrap_or_default(), point.value))
        .collect()
}

/// Both estimates lie in one classic bucket, give or take a native one.
#[track_caller]
fn assert_within_a_bucket(native: f64, classic: f64, what: &str) {
    let upper = BOUNDS.iter().position(|bound| classic <= *bound).unwrap();
    let (from, to) = (BOUNDS[upper - 1] / NATIVE_WIDTH, BOUNDS[upper] * NATIVE_WIDTH);
    assert!(
        from <= native && native <= to,
        "{what}: native {native}, classic {classic}"
    );
}

#[track_caller]
fn only(points: &[Point]) -> f64 {
    assert_eq!(points.len(), 1, "{points:?}");
    points[0].value
}

#[test]
fn native_and_classic_histograms_agree_and_exemplars_come_with_both() {
    if !backends::require("prometheus") {
        return;
    }
    let (_obs, logs, server) = service();
    // Made by the first scrape for protobuf, native buckets start with what the classic ones held.
    send(&server);
    let native = Prometheus::builder()
        .scrape("shop", server.addr())
        .feature("native-histograms")
        .start();
    let classic = Prometheus::builder().scrape("shop", server.addr()).start();
    let both = [&native, &classic];
    for prometheus in both {
        prometheus.wait_for_scrape(DEADLINE, "shop");
    }
    send(&server);
    for prometheus in both {
        prometheus.wait_for_scrape(DEADLINE, "shop");
    }

    let (native_p99, classic_p99) = (by_endpoint(&native.query(NATIVE)), by_endpoint(&classic.query(CLASSIC)));
    assert_eq!(native_p99.keys().collect::<Vec<_>>(), ["/health", "/orders/{millis}"]);
    assert_eq!(classic_p99.keys().collect::<Vec<_>>(), ["/health", "/orders/{millis}"]);
    for (endpoint, native) in &native_p99 {
        assert_within_a_bucket(*native, classic_p99[endpoint], endpoint);
    }
    // The slowest of a hundred take between 100 ms and a little more than 120.
    assert!((0.1..0.25).contains(&native_p99["/orders/{millis}"]), "{native_p99:?}");
    let orders = (only(&native.query(NATIVE_ORDERS)), only(&classic.query(CLASSIC_ORDERS)));
    assert_within_a_bucket(orders.0, orders.1, "order_processing_seconds");
    // All of them are between 0.01 and 1.2; the native buckets tell more exactly than (1, 2.5].
    assert!((1.1..1.3).contains(&orders.0), "{orders:?}");

    let requests = (CLIENTS * 25 * 2) as f64;
    let counted = |expr: &str| only(&native.query(expr));
    assert_eq!(
        counted("histogram_count(http_request_duration_seconds{endpoint=\"/health\"})"),
        requests
    );
    assert_eq!(counted("histogram_count(order_processing_seconds)"), requests);
    assert_eq!(counted("sum(http_requests_total{endpoint=\"/health\"})"), requests);
    for prometheus in both {
        assert_eq!(prometheus.log(), Vec::<String>::new());
        for name in ["http_request_duration_seconds", "order_processing_seconds"] {
            exemplars_lead_to_log_lines(prometheus, name, &logs);
        }
    }
}

fn exemplars_lead_to_log_lines(prometheus: &Prometheus, name: &str, logs: &LogBuffer) {
    let lines = logs.request_lines();
    // A native histogram's are on the series itself, a classic one's on its buckets.
    let expr = format!("{{__name__=~\"{name}(_bucket)?\"}}");
    let found = prometheus.query_exemplars(&expr, Duration::from_secs(300));
    let exemplars: Vec<_> = found.iter().flat_map(|series| &series.exemplars).collect();
    assert!(!exemplars.is_empty(), "no exemplar of {name}: {found:?}");
    for exemplar in exemplars {
        let has_ids = |line: &&obs_tests::logs::LogLine| {
            line.str("trace_id") == exemplar.labels["trace_id"] && line.str("span_id") == exemplar.labels["span_id"]
        };
        assert!(lines.iter().any(|line| has_ids(&line)), "no line for {exemplar:?}");
    }
}
