//! A real Prometheus scrapes services with known traffic, and the guide's queries and rules answer
//! with the numbers that follow from it.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use std::{collections::BTreeMap, fs, sync::Mutex, thread, time::Duration};

use axum::{
    Router,
    extract::Path,
    http::StatusCode,
    routing::{get, post},
};
use obs_axum::{ObsLayer, obs_core::Obs};
use obs_tests::{
    DEADLINE, backends,
    logs::LogBuffer,
    net::{H1Client, Server},
    page::{Page, Sample},
    prometheus::{self, Point, Prometheus},
};

/// The guide's dashboard.
const RATE: &str = "rate(http_requests_total[5m])";
const ERROR_RATIO: &str = "sum(rate(http_requests_total{status=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m]))";
const P99: &str = "histogram_quantile(0.99, rate(http_request_duration_seconds_bucket[5m]))";

/// The guide's alert rules, word for word.
const RULES: &str = r#"groups:
- name: payment-service
  rules:
  - alert: HighErrorRate
    expr: |
      sum(rate(payment_requests_total{status=~"5.."}[5m]))
      / sum(rate(payment_requests_total[5m])) > 0.05
    for: 2m
    labels:
      severity: critical
    annotations:
      summary: "Payment service error rate is high"
      description: "{{ $value | humanizePercentage }} error rate"
  - alert: HighLatency
    expr: |
      histogram_quantile(0.99,
      rate(payment_request_duration_seconds_bucket[5m])) > 1
    for: 5m
    labels:
      severity: warning
    annotations:
      summary: "Payment service latency is high"
      description: "P99 latency is {{ $value | humanizeDuration }}"
"#;

/// What a round sends: method, path, the endpoint and the status that it ends as, how often.
type Traffic = &'static [(&'static str, &'static str, &'static str, u16, u32)];

const SHOP: Traffic = &[
    ("GET", "/orders/7", "/orders/{id}", 200, 40),
    ("GET", "/orders/0", "/orders/{id}", 404, 4),
    ("POST", "/orders", "/orders", 500, 3),
    ("GET", "/reports", "/reports", 200, 3),
    ("GET", "/no/such/page", "unmatched", 404, 2),
];
const PAYMENT: Traffic = &[
    ("POST", "/charge/1", "/charge/{card}", 200, 18),
    ("POST", "/charge/0", "/charge/{card}", 502, 2),
    ("GET", "/settlement", "/settlement", 200, 1),
];

/// One round before the first scrape, the others after it. As all series grow by the same factor,
/// Prometheus's extrapolation to the ends of the range is the same for all of them and falls out of
/// every ratio.
const ROUNDS_BEFORE: u32 = 1;
const ROUNDS_AFTER: u32 = 3;
const ROUNDS: u32 = ROUNDS_BEFORE + ROUNDS_AFTER;

/// What a request to `/reports` takes at least, and one to `/settlement`.
const REPORT: Duration = Duration::from_millis(60);
const SETTLEMENT: Duration = Duration::from_millis(1_050);

/// Two services after their traffic, and the Prometheus that has seen it.
struct Scene {
    prometheus: Prometheus,
    shop: Service,
    payment: Service,
}

struct Service {
    traffic: Traffic,
    logs: LogBuffer,
    server: Server,
    /// The pages before the first scrape and after the last round.
    pages: Mutex<Vec<Page>>,
    _obs: Obs,
}

// === impl Scene ===

impl Scene {
    fn set() -> Self {
        let shop = Service::start("shop", "http", shop(), SHOP);
        let payment = Service::start("payment-service", "payment", payment(), PAYMENT);
        let both = |rounds| {
            thread::scope(|scope| {
                scope.spawn(|| shop.send(rounds));
                scope.spawn(|| payment.send(rounds));
            });
        };
        both(ROUNDS_BEFORE);
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("rules.yml");
        fs::write(&rules, RULES).unwrap();
        let prometheus = Prometheus::builder()
            .scrape("shop", shop.server.addr())
            .scrape("payment-service", payment.server.addr())
            .rules(&rules)
            .start();
        for job in ["shop", "payment-service"] {
            prometheus.wait_for_scrape(DEADLINE, job);
        }
        both(ROUNDS_AFTER);
        for job in ["shop", "payment-service"] {
            prometheus.wait_for_scrape(DEADLINE, job);
        }
        Self {
            prometheus,
            shop,
            payment,
        }
    }

    /// The only element of an answer.
    #[track_caller]
    fn value(&self, expr: &str) -> f64 {
        let points = self.prometheus.query(expr);
        assert_eq!(points.len(), 1, "{expr} is {points:#?}");
        points[0].value
    }
}

// === impl Service ===

impl Service {
    fn start(name: &str, namespace: &str, routes: Router, traffic: Traffic) -> Self {
        let logs = LogBuffer::new();
        let obs = Obs::builder(name)
            .version("1.4.2")
            .log_writer(logs.clone())
            .build()
            .unwrap();
        let layer = ObsLayer::new().obs(&obs).namespace(namespace);
        let server = Server::start(routes.layer(layer).merge(obs_axum::metrics_for("/metrics", &obs)));
        Self {
            traffic,
            logs,
            server,
            pages: Mutex::default(),
            _obs: obs,
        }
    }

    fn send(&self, rounds: u32) {
        let mut client = H1Client::open(self.server.addr());
        for &(method, path, _, status, times) in self.traffic {
            for _ in 0..times * rounds {
                client.send(format!("{method} {path} HTTP/1.1\r\nhost: shop\r\n\r\n"));
                assert_eq!(client.response(method).unwrap().status, status, "{method} {path}");
            }
        }
        client.send("GET /metrics HTTP/1.1\r\nhost: shop\r\naccept: application/openmetrics-text\r\n\r\n");
        let page = Page::parse(client.response("GET").unwrap().text()).unwrap();
        self.pages.lock().unwrap().push(page);
    }

    /// How many requests there were to each endpoint with each status.
    fn counts(&self, rounds: u32) -> BTreeMap<(String, String, String), f64> {
        let key =
            |method: &str, endpoint: &str, status: u16| (method.to_owned(), endpoint.to_owned(), status.to_string());
        self.traffic
            .iter()
            .map(|&(method, _, endpoint, status, times)| (key(method, endpoint, status), f64::from(times * rounds)))
            .collect()
    }

    fn total(&self) -> f64 {
        self.counts(1).values().sum()
    }

    fn failed(&self) -> f64 {
        self.counts(1)
            .iter()
            .filter(|((_, _, status), _)| status.starts_with('5'))
            .map(|(_, count)| count)
            .sum()
    }

    fn last_page(&self) -> Page {
        self.pages.lock().unwrap().last().unwrap().clone()
    }
}

fn shop() -> Router {
    let order = get(|Path(id): Path<u64>| async move {
        if id == 0 {
            Err(StatusCode::NOT_FOUND)
        } else {
            Ok(format!("order {id}"))
        }
    });
    let report = get(|| async {
        tokio::time::sleep(REPORT).await;
        "report"
    });
    Router::new()
        .route("/orders/{id}", order)
        .route("/orders", post(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/reports", report)
}

fn payment() -> Router {
    let charge = post(|Path(card): Path<u64>| async move {
        if card == 0 {
            StatusCode::BAD_GATEWAY
        } else {
            StatusCode::OK
        }
    });
    let settlement = get(|| async {
        tokio::time::sleep(SETTLEMENT).await;
        "settled"
    });
    Router::new()
        .route("/charge/{card}", charge)
        .route("/settlement", settlement)
}

/// Series by method, endpoint and status.
fn by_request(points: &[Point]) -> BTreeMap<(String, String, String), f64> {
    let label = |point: &Point, name: &str| point.labels.get(name).cloned().unwrap_or_default();
    let key = |point: &Point| (label(point, "method"), label(point, "endpoint"), label(point, "status"));
    points.iter().map(|point| (key(point), point.value)).collect()
}

#[track_caller]
fn assert_close(value: f64, expected: f64, what: &str) {
    assert!(
        (value - expected).abs() <= expected.abs() * 1e-9,
        "{what} is {value}, expected {expected}"
    );
}

/// What Prometheus makes of buckets, from the buckets of our page: the bounds of the bucket that
/// holds the quantile, and the quantile by linear interpolation in it.
fn quantile(quantile: f64, buckets: &[&Sample]) -> (f64, f64, f64) {
    let bound = |sample: &Sample| {
        sample
            .label("le")
            .map_or(f64::NAN, |le| le.parse().unwrap_or(f64::INFINITY))
    };
    let rank = quantile * buckets.last().unwrap().value;
    let at = buckets.iter().position(|bucket| bucket.value >= rank).unwrap();
    let (below, from) = at
        .checked_sub(1)
        .map_or((0.0, 0.0), |before| (buckets[before].value, bound(buckets[before])));
    let to = bound(buckets[at]);
    (
        from,
        to,
        from + (to - from) * (rank - below) / (buckets[at].value - below),
    )
}

/// One test, because the scene takes ten seconds to set.
#[test]
fn prometheus_answers_the_queries_of_the_guide_with_the_right_numbers() {
    if !backends::require("prometheus") || !backends::require("promtool") {
        return;
    }
    let scene = Scene::set();
    prometheus_takes_the_pages_without_a_complaint(&scene);
    prometheus_has_each_request_once(&scene);
    the_rate_of_the_guide_is_that_of_each_route(&scene);
    the_error_ratio_of_the_guide_is_exact(&scene);
    the_99th_percentile_of_the_guide_lies_in_the_bucket_of_the_slow_requests(&scene);
    the_percentiles_over_all_time_are_exact(&scene);
    exemplars_lead_to_log_lines(&scene);
    the_rules_of_the_guide_hold_for_the_namespace_payment(&scene);
}

// === what was scraped ===

fn prometheus_takes_the_pages_without_a_complaint(scene: &Scene) {
    assert_eq!(scene.prometheus.log(), Vec::<String>::new());
    for job in ["shop", "payment-service"] {
        assert_close(scene.value(&format!("up{{job=\"{job}\"}}")), 1.0, job);
        // Every scrape, not only the last one.
        assert_close(
            scene.value(&format!("min_over_time(up{{job=\"{job}\"}}[5m])")),
            1.0,
            job,
        );
    }
    let metadata = scene
        .prometheus
        .api("metadata", &[("metric", "http_request_duration_seconds")]);
    let metadata = &metadata["http_request_duration_seconds"][0];
    assert_eq!(
        (&metadata["type"], &metadata["unit"]),
        (&"histogram".into(), &"seconds".into()),
        "{metadata}"
    );
    let page = scene.shop.last_page();
    let family = page.family("http_request_duration_seconds").unwrap();
    assert_eq!(metadata["help"], family.help.as_str());
    let target = scene.prometheus.query("target_info{job=\"shop\"}");
    assert_eq!(target[0].labels["service_name"], "shop");
    assert_eq!(target[0].labels["service_version"], "1.4.2");
}

fn prometheus_has_each_request_once(scene: &Scene) {
    assert_eq!(
        by_request(&scene.prometheus.query("http_requests_total")),
        scene.shop.counts(ROUNDS)
    );
    assert_eq!(
        by_request(&scene.prometheus.query("payment_requests_total")),
        scene.payment.counts(ROUNDS)
    );
    let durations = scene.prometheus.query("http_request_duration_seconds_count");
    assert_eq!(by_request(&durations), scene.shop.counts(ROUNDS));
    assert_close(
        scene.value("sum(http_errors_total)"),
        scene.shop.failed() * f64::from(ROUNDS),
        "errors",
    );
    assert_close(scene.value("sum(http_requests_in_flight)"), 0.0, "requests in flight");
    // All that Prometheus stores is what stands on the page.
    let page = scene.shop.last_page();
    for name in [
        "http_request_duration_seconds_bucket",
        "http_request_size_bytes_sum",
        "http_response_size_bytes_count",
    ] {
        let stored = scene.value(&format!("sum({name}{{job=\"shop\"}})"));
        assert_close(stored, page.sum(name, &[]), name);
    }
}

// === the guide's queries ===

fn the_rate_of_the_guide_is_that_of_each_route(scene: &Scene) {
    let rates = by_request(&scene.prometheus.query(RATE));
    let counts = scene.shop.counts(ROUNDS_AFTER);
    assert_eq!(rates.keys().collect::<Vec<_>>(), counts.keys().collect::<Vec<_>>());
    // Between the samples at the two ends of the range nothing is guessed; beyond them Prometheus
    // extrapolates by about an interval of a second at most, here on each side.
    let sampled = scene
        .value("(max(timestamp(up{job=\"shop\"})) - scalar(min(min_over_time(timestamp(up{job=\"shop\"})[5m:1s]))))");
    let total: f64 = rates.values().sum();
    let sent = scene.shop.total() * f64::from(ROUNDS_AFTER);
    let most = sent * (1.0 + 3.0 / sampled);
    assert!(
        (sent..=most).contains(&(total * 300.0)),
        "{} requests in 5 minutes, sent {sent}",
        total * 300.0
    );
    for (route, rate) in &rates {
        assert_close(rate / total, counts[route] / sent, &format!("share of {route:?}"));
    }
}

fn the_error_ratio_of_the_guide_is_exact(scene: &Scene) {
    assert_close(
        scene.value(ERROR_RATIO),
        scene.shop.failed() / scene.shop.total(),
        ERROR_RATIO,
    );
    let payment = ERROR_RATIO.replace("http_", "payment_");
    assert_close(
        scene.value(&payment),
        scene.payment.failed() / scene.payment.total(),
        &payment,
    );
}

fn the_99th_percentile_of_the_guide_lies_in_the_bucket_of_the_slow_requests(scene: &Scene) {
    let quantiles = by_request(&scene.prometheus.query(P99));
    assert_eq!(
        quantiles.keys().collect::<Vec<_>>(),
        scene.shop.counts(1).keys().collect::<Vec<_>>()
    );
    let pages = scene.shop.pages.lock().unwrap().clone();
    let name = "http_request_duration_seconds_bucket";
    let labels = [("endpoint", "/reports")];
    let before: Vec<_> = pages[0].samples(name, &labels).collect();
    let grown: Vec<Sample> = pages[1]
        .samples(name, &labels)
        .zip(before)
        .map(|(after, before)| Sample {
            value: after.value - before.value,
            ..after.clone()
        })
        .collect();
    let (from, to, _) = quantile(0.99, &grown.iter().collect::<Vec<_>>());
    assert!(to > REPORT.as_secs_f64(), "a sleep of {REPORT:?} ended early");
    let p99 = quantiles[&("GET".to_owned(), "/reports".to_owned(), "200".to_owned())];
    assert!(from < p99 && p99 <= to, "p99 is {p99}, expected in ({from}, {to}]");
}

fn the_percentiles_over_all_time_are_exact(scene: &Scene) {
    let page = scene.shop.last_page();
    for (_, _, endpoint, status, _) in SHOP {
        let status = status.to_string();
        let labels = [("endpoint", *endpoint), ("status", &*status)];
        let buckets: Vec<_> = page.samples("http_request_duration_seconds_bucket", &labels).collect();
        for of in [0.5, 0.99] {
            let selector = format!("{{endpoint=\"{endpoint}\",status=\"{status}\"}}");
            let expr = format!("histogram_quantile({of}, http_request_duration_seconds_bucket{selector})");
            assert_close(scene.value(&expr), quantile(of, &buckets).2, &expr);
        }
    }
}

// === exemplars ===

fn exemplars_lead_to_log_lines(scene: &Scene) {
    let lines = scene.shop.logs.request_lines();
    let mut endpoints = BTreeMap::new();
    let found = scene
        .prometheus
        .query_exemplars("http_request_duration_seconds_bucket", Duration::from_secs(300));
    for series in &found {
        for exemplar in &series.exemplars {
            let has_ids = |line: &&obs_tests::logs::LogLine| {
                line.str("trace_id") == exemplar.labels["trace_id"] && line.str("span_id") == exemplar.labels["span_id"]
            };
            let line = lines
                .iter()
                .find(has_ids)
                .unwrap_or_else(|| panic!("no line for {exemplar:?}"));
            assert_eq!(line.str("endpoint"), series.series["endpoint"]);
            assert_eq!(line.number("status").to_string(), series.series["status"]);
            // The line rounds to microseconds.
            assert!(
                (exemplar.value * 1000.0 - line.number("duration_ms")).abs() <= 0.001,
                "{exemplar:?} {line:?}"
            );
            *endpoints.entry(line.str("endpoint").to_owned()).or_insert(0) += 1;
        }
    }
    let with_exemplars: Vec<_> = endpoints.keys().map(String::as_str).collect();
    assert_eq!(
        with_exemplars,
        ["/orders", "/orders/{id}", "/reports", "unmatched"],
        "{found:#?}"
    );
}

// === the guide's alert rules ===

fn the_rules_of_the_guide_hold_for_the_namespace_payment(scene: &Scene) {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.yml");
    fs::write(&rules, RULES).unwrap();
    prometheus::check_rules(&rules).assert_clean();
    // One in ten charges fails and a settlement takes a second: both conditions hold, and wait for
    // their `for`.
    let by_name = || -> BTreeMap<String, serde_json::Value> {
        let name = |alert: &serde_json::Value| alert["labels"]["alertname"].as_str().unwrap_or_default().to_owned();
        scene
            .prometheus
            .alerts()
            .into_iter()
            .map(|alert| (name(&alert), alert))
            .collect()
    };
    let value = |alert: &serde_json::Value| alert["value"].as_str().unwrap().parse::<f64>().unwrap();
    let expected = scene.payment.failed() / scene.payment.total();
    // An evaluation may be older than the last scrape.
    let is_settled = |alerts: &BTreeMap<String, serde_json::Value>| {
        alerts.len() == 2 && (value(&alerts["HighErrorRate"]) - expected).abs() < 1e-9
    };
    let alerts = obs_tests::eventually_ok(DEADLINE, || Some(by_name()).filter(is_settled).ok_or_else(by_name));
    assert!(alerts.values().all(|alert| alert["state"] == "pending"), "{alerts:#?}");
    let latency = &alerts["HighLatency"];
    assert!(value(latency) > 1.0, "{latency}");
    assert_eq!(latency["labels"]["endpoint"], "/settlement");
}
