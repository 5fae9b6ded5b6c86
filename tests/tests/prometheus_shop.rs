//! The shop, as its own program, scraped by a real Prometheus: three services, one trace.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    process::Command,
    time::Duration,
};

use obs_tests::{
    DEADLINE, backends, eventually_ok,
    logs::LogLine,
    net,
    page::{Format, Page},
    process::{self, Process},
    prometheus::{self, Prometheus, Verdict},
    python,
};

const SERVICES: [&str; 3] = ["storefront", "orders", "payments"];

/// Sent to the storefront in each round: method, path, body, how often, the status of the answer.
const ROUND: [(&str, &str, &str, u32, u16); 4] = [
    ("GET", "/products/7", "", 10, 200),
    (
        "POST",
        "/checkout",
        r#"{"user_id":"u1","items":2,"card":"valid"}"#,
        4,
        201,
    ),
    // The bug on purpose: orders panics, the storefront answers for it.
    ("GET", "/orders/5/invoice", "", 1, 502),
    ("GET", "/no/such/page", "", 1, 404),
];
const ROUNDS_BEFORE: u32 = 1;
const ROUNDS_AFTER: u32 = 3;
const ROUNDS: u32 = ROUNDS_BEFORE + ROUNDS_AFTER;

/// What a round leaves behind: service, endpoint, status, outcome, how often.
const LEFT_BEHIND: [(&str, &str, &str, &str, u32); 7] = [
    ("orders", "/orders", "201", "ok", 4),
    ("orders", "/orders/{id}/invoice", "500", "panic", 1),
    ("payments", "/payments", "200", "ok", 4),
    ("storefront", "/checkout", "201", "ok", 4),
    ("storefront", "/orders/{id}/invoice", "502", "server_error", 1),
    ("storefront", "/products/{id}", "200", "ok", 10),
    ("storefront", "unmatched", "404", "client_error", 1),
];

struct Shop {
    process: Process,
    services: BTreeMap<&'static str, SocketAddr>,
}

impl Shop {
    /// Opens it on free ports, without visitors of its own.
    fn open() -> Self {
        let mut command = Command::new(process::build("shop"));
        command.args(["--port", "0", "--rate", "0", "--logs", "json"]);
        command.env_remove("RUST_LOG").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
        let process = Process::start(&mut command);
        let services = eventually_ok(DEADLINE, || {
            let announced = process.stderr();
            let found: BTreeMap<_, _> = SERVICES
                .into_iter()
                .filter_map(|name| Some((name, address(&announced, name)?)))
                .collect();
            if found.len() == SERVICES.len() {
                Ok(found)
            } else {
                Err(announced)
            }
        });
        Self { process, services }
    }

    fn send(&self, rounds: u32) {
        for (method, path, body, times, status) in ROUND {
            for _ in 0..times * rounds {
                let headers = [("content-type", "application/json")];
                let response = net::request(self.services["storefront"], method, path, &headers, body);
                assert_eq!(response.status, status, "{method} {path}: {}", response.text());
            }
        }
    }

    fn page(&self, service: &str, accept: &str) -> String {
        let response = net::request(self.services[service], "GET", "/metrics", &[("accept", accept)], "");
        response.text().to_owned()
    }

    fn lines(&self) -> Vec<LogLine> {
        self.process
            .stdout()
            .iter()
            .map(|line| LogLine::parse(line).unwrap())
            .collect()
    }
}

/// `  orders      http://127.0.0.1:4711  metrics: …`
fn address(announced: &[String], service: &str) -> Option<SocketAddr> {
    let line = announced
        .iter()
        .find_map(|line| line.trim_start().strip_prefix(service))?;
    line.trim_start()
        .strip_prefix("http://")?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

fn scrape(shop: &Shop) -> Prometheus {
    let builder = shop
        .services
        .iter()
        .fold(Prometheus::builder(), |builder, (name, addr)| {
            builder.scrape(*name, *addr)
        });
    builder.start()
}

fn wait_for_scrapes(prometheus: &Prometheus) {
    for job in SERVICES {
        prometheus.wait_for_scrape(DEADLINE, job);
    }
}

#[test]
fn a_real_prometheus_sees_the_shop_as_it_is() {
    if !backends::require("prometheus") {
        return;
    }
    let shop = Shop::open();
    shop.send(ROUNDS_BEFORE);
    let prometheus = scrape(&shop);
    wait_for_scrapes(&prometheus);
    shop.send(ROUNDS_AFTER);
    wait_for_scrapes(&prometheus);
    assert_eq!(prometheus.log(), Vec::<String>::new());
    the_counters_are_right(&prometheus);
    the_queries_of_the_guide_answer(&prometheus);
    an_exemplar_of_payments_leads_to_the_lines_of_all_three_services(&prometheus, &shop);
}

fn the_counters_are_right(prometheus: &Prometheus) {
    let label = |point: &prometheus::Point, name: &str| point.labels[name].clone();
    let counted: Vec<_> = prometheus
        .query("sort(http_requests_total)")
        .iter()
        .map(|point| {
            let of = ["job", "endpoint", "status", "outcome"].map(|name| label(point, name));
            (of, point.value.to_string())
        })
        .collect();
    let expected = LEFT_BEHIND.map(|(job, endpoint, status, outcome, times)| {
        (
            [job, endpoint, status, outcome].map(str::to_owned),
            (times * ROUNDS).to_string(),
        )
    });
    assert_eq!(BTreeSet::from_iter(counted), BTreeSet::from(expected));
}

fn the_queries_of_the_guide_answer(prometheus: &Prometheus) {
    let rates = prometheus.query("rate(http_requests_total[5m])");
    assert!(
        rates.len() == LEFT_BEHIND.len() && rates.iter().all(|point| point.value > 0.0),
        "{rates:#?}"
    );
    for job in SERVICES {
        let of_job = |failed: bool| -> u32 {
            let rows = LEFT_BEHIND
                .iter()
                .filter(|(service, _, status, ..)| *service == job && (!failed || status.starts_with('5')));
            rows.map(|(.., times)| times).sum()
        };
        let ratio = format!(
            "(sum(rate(http_requests_total{{status=~\"5..\",job=\"{job}\"}}[5m])) or vector(0)) \
             / sum(rate(http_requests_total{{job=\"{job}\"}}[5m]))"
        );
        let expected = f64::from(of_job(true)) / f64::from(of_job(false));
        let found = prometheus.query(&ratio)[0].value;
        assert!(
            (found - expected).abs() < 1e-9,
            "{ratio} is {found}, expected {expected}"
        );
    }
    let p99 = "histogram_quantile(0.99, rate(http_request_duration_seconds_bucket{job=\"payments\"}[5m]))";
    let found = prometheus.query(p99)[0].value;
    // A charge takes 13 ms at least.
    assert!(found > 0.01, "{p99} is {found}");
}

fn an_exemplar_of_payments_leads_to_the_lines_of_all_three_services(prometheus: &Prometheus, shop: &Shop) {
    let selector = "http_request_duration_seconds_bucket{job=\"payments\"}";
    let found = prometheus.query_exemplars(selector, Duration::from_secs(300));
    let exemplar = found.iter().flat_map(|series| &series.exemplars).next().unwrap();
    let trace_id = &exemplar.labels["trace_id"];
    let services = eventually_ok(DEADLINE, || {
        let lines = shop.lines();
        let of_trace = lines
            .iter()
            .filter(|line| line.get("trace_id").is_some_and(|id| id == &**trace_id));
        let services: BTreeSet<_> = of_trace.map(|line| line.str("service").to_owned()).collect();
        if services.len() == SERVICES.len() {
            Ok(services)
        } else {
            Err(services)
        }
    });
    assert_eq!(services, SERVICES.map(str::to_owned).into());
}

#[test]
fn the_pages_of_the_shop_are_clean() {
    if !backends::require("promtool") || !backends::require("prometheus_client") {
        return;
    }
    let shop = Shop::open();
    shop.send(1);
    for service in SERVICES {
        let text = shop.page(service, "text/plain");
        assert_eq!(
            prometheus::check_metrics(&text),
            Verdict {
                code: 0,
                output: String::new()
            },
            "{service}:\n{text}"
        );
        let page = shop.page(service, "application/openmetrics-text");
        let python = python::parse(Format::OpenMetrics, &page).unwrap_or_else(|error| panic!("{error}\n{page}"));
        let ours = Page::parse(&page).unwrap_or_else(|error| panic!("{error}\n{page}"));
        let samples = |page: &Page| page.families.iter().map(|family| family.samples.len()).sum::<usize>();
        assert_eq!(
            python.iter().map(|family| family.samples.len()).sum::<usize>(),
            samples(&ours)
        );
        assert!(ours.exemplars().count() > 0, "{service}:\n{page}");
    }
}
