//! The metrics page over HTTP, as promtool and Python's `prometheus_client` read it beside our own
//! parser: formats and the choice between them, methods, the application's own metrics.
#![expect(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "a test that can't go on should stop; counts are exact"
)]

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Router,
    extract::Path,
    http::StatusCode,
    routing::{get, post},
};
use obs_axum::{
    ObsLayer,
    obs_core::{
        Obs,
        metrics::{Format as WrittenAs, Registry},
        names::MetricType,
    },
};
use obs_tests::{
    DEADLINE, backends,
    logs::LogBuffer,
    net::{self, H1Client, Server},
    page::{Format, Page},
    prometheus::{self, Verdict},
    python::{self, PythonFamily},
};
use proptest::{
    prop_oneof,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROTOBUF: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// What a label value may hold at worst.
const NASTY: &str = "a\"b\\c\nd}, e=\"f\" ü🦀\\n#";

/// Puts routes, layer and page together.
type Compose = fn(Router, ObsLayer, Router) -> Router;

/// A service with requests and business metrics behind it.
struct Service {
    obs: Obs,
    logs: LogBuffer,
    server: Server,
}

impl Service {
    /// The page stands beside the layer.
    fn start() -> Self {
        Self::with(|routes, layer, page| routes.layer(layer).merge(page))
    }

    fn with(compose: Compose) -> Self {
        let logs = LogBuffer::new();
        let builder = Obs::builder("shop")
            .version("1.4.2")
            .environment("test")
            .attribute("host.name", NASTY);
        let obs = builder.log_writer(logs.clone()).build().unwrap();
        let page = obs_axum::metrics_for("/metrics", &obs);
        let server = Server::start(compose(routes(), ObsLayer::new().obs(&obs), page));
        Self { obs, logs, server }
    }

    /// Eight requests to three routes, and what the business counts.
    fn with_traffic(self) -> Self {
        for (id, status) in [(1, 200), (2, 200), (3, 200), (0, 404), (0, 404)] {
            assert_eq!(net::get(self.server.addr(), &format!("/orders/{id}")).status, status);
        }
        for _ in 0..2 {
            assert_eq!(
                net::request(self.server.addr(), "POST", "/orders", &[], "three books").status,
                502
            );
        }
        assert_eq!(net::get(self.server.addr(), "/no/such/page").status, 404);
        self.logs.wait_for_requests(DEADLINE, 8);
        metrics::with_local_recorder(self.obs.registry(), record_business);
        self
    }

    fn get(&self, accept: &str) -> net::Response {
        net::request(self.server.addr(), "GET", "/metrics", &[("accept", accept)], "")
    }

    /// The page in this format, as it came and as our own parser reads it.
    fn page(&self, format: Format) -> (String, Page) {
        let accept = match format {
            Format::Text => "text/plain",
            Format::OpenMetrics => "application/openmetrics-text",
        };
        let text = self.get(accept).text().to_owned();
        let page = Page::parse_as(format, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        (text, page)
    }
}

fn routes() -> Router {
    let order = get(|Path(id): Path<u64>| async move {
        if id == 0 {
            Err(StatusCode::NOT_FOUND)
        } else {
            Ok(format!("order {id}"))
        }
    });
    Router::new()
        .route("/orders/{id}", order)
        .route("/orders", post(|_body: String| async { StatusCode::BAD_GATEWAY }))
}

/// Each kind of the `metrics` facade, described or not.
fn record_business() {
    metrics::describe_counter!(
        "user_registrations_total",
        "Users who signed up, by \"source\" \\ country.\nTwo lines."
    );
    metrics::counter!("user_registrations_total", "country" => "DE", "source" => NASTY).increment(3);
    metrics::counter!("user_registrations_total", "country" => "FR", "source" => "").increment(1);
    metrics::describe_gauge!("cart_abandonment_rate", "Rate of abandoned carts.");
    metrics::gauge!("cart_abandonment_rate").set(-0.25);
    metrics::gauge!("balance", "currency" => "EUR").set(f64::NEG_INFINITY);
    metrics::describe_histogram!(
        "order_processing_seconds",
        metrics::Unit::Seconds,
        "Time to process an order."
    );
    for seconds in [0.0004, 0.07, 0.3, 3.0, 30.0] {
        metrics::histogram!("order_processing_seconds", "status" => "paid").record(seconds);
    }
    metrics::describe_counter!("bytes.sent", metrics::Unit::Bytes, "Bytes sent to partners.");
    metrics::counter!("bytes.sent", "partner-name" => "x").increment(1 << 40);
    metrics::counter!("jobs").increment(2);
}

// === what others make of the page ===

#[test]
fn promtool_has_nothing_to_say_about_the_text_page() {
    if !backends::require("promtool") {
        return;
    }
    let service = Service::start().with_traffic();
    let (text, _) = service.page(Format::Text);
    assert_eq!(
        prometheus::check_metrics(&text),
        Verdict {
            code: 0,
            output: String::new()
        },
        "{text}"
    );
}

#[test]
fn an_empty_service_has_a_clean_page_too() {
    if !backends::require("promtool") || !backends::require("prometheus_client") {
        return;
    }
    let service = Service::start();
    let (text, _) = service.page(Format::Text);
    assert_eq!(
        prometheus::check_metrics(&text),
        Verdict {
            code: 0,
            output: String::new()
        },
        "{text}"
    );
    let (text, page) = service.page(Format::OpenMetrics);
    assert_eq!(
        of_python(&python::parse(Format::OpenMetrics, &text).unwrap()),
        of_ours(&page)
    );
}

#[test]
fn the_strict_openmetrics_parser_of_python_reads_what_ours_reads() {
    if !backends::require("prometheus_client") {
        return;
    }
    let (text, page) = Service::start().with_traffic().page(Format::OpenMetrics);
    let python = python::parse(Format::OpenMetrics, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(
        python
            .iter()
            .flat_map(|family| &family.samples)
            .any(|sample| sample.exemplar.is_some())
    );
    assert_eq!(of_python(&python), of_ours(&page));
}

#[test]
fn the_text_parser_of_python_reads_what_ours_reads() {
    if !backends::require("prometheus_client") {
        return;
    }
    let (text, page) = Service::start().with_traffic().page(Format::Text);
    let python = python::parse(Format::Text, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(of_python(&python), of_ours(&page));
}

#[test]
fn any_text_in_labels_and_help_is_read_back_by_every_parser() {
    if !backends::require("prometheus_client") {
        return;
    }
    let mut runner = TestRunner::deterministic();
    let mut any = |pattern: &str, count| -> BTreeSet<String> {
        let strategy = proptest::string::string_regex(pattern).unwrap();
        (0..count)
            .map(|_| strategy.new_tree(&mut runner).unwrap().current())
            .collect()
    };
    // Python's text parser trims the help, so it begins and ends with something that is no blank.
    let (values, helps) = (any("(?s).{0,12}", 300), any("[a-z\\\\\"](?s:.{0,12})[a-z\\\\\"]", 50));
    let service = Service::start();
    metrics::with_local_recorder(service.obs.registry(), || {
        for value in &values {
            metrics::counter!("values", "v" => value.clone(), "w" => "x").increment(1);
        }
        for (n, help) in helps.iter().enumerate() {
            metrics::describe_gauge!(format!("help_{n}"), help.clone());
            metrics::gauge!(format!("help_{n}")).set(1.0);
        }
    });
    for format in [Format::Text, Format::OpenMetrics] {
        let (text, page) = service.page(format);
        assert_eq!(
            page.label_values("values_total", "v"),
            values.iter().map(String::as_str).collect()
        );
        let python = python::parse(format, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(of_python(&python), of_ours(&page));
        let read: BTreeSet<_> = python
            .iter()
            .filter(|family| family.name.starts_with("help_"))
            .map(|family| family.help.clone())
            .collect();
        assert_eq!(read, helps);
    }
}

/// What a program may do to a registry: a kind of metric or a description, a name, a label key, a value.
type Deed = (u8, String, &'static str, f64);

fn any_deeds(runner: &mut TestRunner) -> Vec<Deed> {
    let name = "[a-c.]{1,2}(_seconds|_bytes)?(_total|_sum|_count|_bucket|_info|_created)?";
    let extremes = [
        0.0,
        -0.5,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    let value = prop_oneof![-3.0..3.0_f64, proptest::sample::select(extremes.to_vec())];
    let keys = vec!["a", "b.c", "b_c", "le", "quantile", "__name__"];
    let deed = (
        0..9_u8,
        proptest::string::string_regex(name).unwrap(),
        proptest::sample::select(keys),
        value,
    );
    proptest::collection::vec(deed, 1..60)
        .new_tree(runner)
        .unwrap()
        .current()
}

fn do_to(registry: &Registry, (kind, name, key, value): Deed) {
    let labels = [(key, "x")];
    metrics::with_local_recorder(registry, || match kind {
        0 => metrics::counter!(name, key => "x").increment(1),
        1 => metrics::gauge!(name, key => "x").set(value),
        2 => metrics::histogram!(name, key => "x").record(value),
        3 => metrics::histogram!(name, key => "x").record_many(value, 1 << 40),
        4 | 5 => registry.summary(&name, &labels).record(value),
        6 => registry.float_counter(&name, &labels).increment(value),
        7 => registry.set_info(&name, &labels),
        _ => {
            for metric_type in [
                MetricType::Counter,
                MetricType::Gauge,
                MetricType::Histogram,
                MetricType::Summary,
            ] {
                registry.describe_metric(metric_type, &name, Some(metrics::Unit::Bytes), "What it is.");
            }
        }
    });
}

#[test]
fn whatever_a_program_records_the_strict_parsers_take_the_page() {
    if !backends::require("prometheus_client") {
        return;
    }
    let mut runner = TestRunner::deterministic();
    for _ in 0..40 {
        let registry = Registry::builder()
            .created_timestamps(true)
            .buckets("a", [-1.0, 1.0])
            .build()
            .unwrap();
        for deed in any_deeds(&mut runner) {
            do_to(&registry, deed);
        }
        for (format, written) in [
            (Format::Text, WrittenAs::Text),
            (Format::OpenMetrics, WrittenAs::OpenMetrics),
        ] {
            let text = String::from_utf8(registry.render(written)).unwrap();
            Page::parse_as(format, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            python::parse(format, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        }
    }
}

#[test]
fn a_summary_of_negative_values_is_read_by_the_strict_parser() {
    if !backends::require("prometheus_client") {
        return;
    }
    let registry = Registry::new();
    let summary = registry.summary("temperature_celsius", &[("room", "cellar")]);
    for value in [-5.0, -3.0, 20.0, 20.0, 20.0] {
        summary.record(value);
    }
    let text = String::from_utf8(registry.render(WrittenAs::OpenMetrics)).unwrap();
    let families = python::parse(Format::OpenMetrics, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let family = families
        .iter()
        .find(|family| family.name == "temperature_celsius")
        .unwrap();
    // Those of the quantiles that are not negative, and the count.
    assert!(
        family.samples.iter().all(|sample| sample.value >= 0.0) && family.samples.len() >= 2,
        "{text}"
    );
}

/// A family as any parser sees it.
#[derive(Debug, PartialEq)]
struct Seen {
    name: String,
    kind: String,
    unit: String,
    help: String,
    samples: Vec<SeenSample>,
}

#[derive(Debug, PartialEq)]
struct SeenSample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
    exemplar: Option<(BTreeMap<String, String>, f64)>,
}

fn of_python(families: &[PythonFamily]) -> Vec<Seen> {
    let sample = |sample: &python::PythonSample| SeenSample {
        name: sample.name.clone(),
        labels: sample.labels.clone(),
        value: sample.value,
        exemplar: sample.exemplar.clone(),
    };
    let family = |family: &PythonFamily| Seen {
        name: family.name.clone(),
        kind: family.kind.clone(),
        unit: family.unit.clone(),
        help: family.help.clone(),
        samples: family.samples.iter().map(sample).collect(),
    };
    families.iter().map(family).collect()
}

/// Python calls the counters of the text format as OpenMetrics does, without `_total`.
fn of_ours(page: &Page) -> Vec<Seen> {
    let labels = |labels: &[(String, String)]| labels.iter().cloned().collect::<BTreeMap<_, _>>();
    let sample = |sample: &obs_tests::page::Sample| SeenSample {
        name: sample.name.clone(),
        labels: labels(&sample.labels),
        value: sample.value,
        exemplar: sample
            .exemplar
            .as_ref()
            .map(|exemplar| (labels(&exemplar.labels), exemplar.value)),
    };
    let family = |family: &obs_tests::page::Family| Seen {
        name: family.name.strip_suffix("_total").unwrap_or(&family.name).to_owned(),
        kind: family.kind.to_string(),
        unit: family.unit.clone(),
        help: family.help.clone(),
        samples: family.samples.iter().map(sample).collect(),
    };
    page.families.iter().map(family).collect()
}

// === what the page says ===

#[test]
fn requests_and_business_metrics_stand_on_one_page() {
    let (_, page) = Service::start().with_traffic().page(Format::Text);
    let requests = |endpoint, status| page.sum("http_requests_total", &[("endpoint", endpoint), ("status", status)]);
    assert_eq!(
        (requests("/orders/{id}", "200"), requests("/orders/{id}", "404")),
        (3.0, 2.0)
    );
    assert_eq!((requests("/orders", "502"), requests("unmatched", "404")), (2.0, 1.0));
    assert_eq!(
        page.value("http_errors_total", &[("endpoint", "/orders"), ("error_type", "502")]),
        Some(2.0)
    );
    assert_eq!(
        page.value("http_request_size_bytes_sum", &[("endpoint", "/orders")]),
        Some(22.0)
    );

    assert_eq!(
        page.value("user_registrations_total", &[("country", "DE"), ("source", NASTY)]),
        Some(3.0)
    );
    assert_eq!(page.value("cart_abandonment_rate", &[]), Some(-0.25));
    assert_eq!(page.value("balance", &[("currency", "EUR")]), Some(f64::NEG_INFINITY));
    assert_eq!(
        page.value("order_processing_seconds_bucket", &[("status", "paid"), ("le", "0.5")]),
        Some(3.0)
    );
    assert_eq!(
        page.value("order_processing_seconds_count", &[("status", "paid")]),
        Some(5.0)
    );
    assert_eq!(
        page.value("bytes_sent_bytes_total", &[("partner_name", "x")]),
        Some((1_u64 << 40) as f64)
    );
    assert_eq!(page.value("jobs_total", &[]), Some(2.0));

    let build = [("service", "shop"), ("version", "1.4.2"), ("revision", "")];
    assert_eq!(page.value("obs_build_info", &build), Some(1.0));
    let target = [
        ("service_name", "shop"),
        ("deployment_environment_name", "test"),
        ("host_name", NASTY),
    ];
    assert_eq!(page.value("target_info", &target), Some(1.0));
}

#[test]
fn both_text_formats_tell_the_same() {
    let service = Service::start().with_traffic();
    let (text, open) = (service.page(Format::Text).1, service.page(Format::OpenMetrics).1);
    let comparable = |page: &Page| {
        let mut families = of_ours(page);
        families.retain(|family| {
            !["obs_", "process_", "tokio_"]
                .iter()
                .any(|prefix| family.name.starts_with(prefix))
        });
        for family in &mut families {
            // What only one of the formats can say.
            family.unit.clear();
            for sample in &mut family.samples {
                sample.exemplar = None;
            }
            if family.kind == "info" {
                (family.name, family.kind) = (format!("{}_info", family.name), "gauge".to_owned());
            }
        }
        families
    };
    assert_eq!(comparable(&text), comparable(&open));
    let units: BTreeMap<_, _> = open
        .families
        .iter()
        .map(|family| (&*family.name, &*family.unit))
        .collect();
    let expected = [
        ("http_requests", ""),
        ("http_request_duration_seconds", "seconds"),
        ("http_response_size_bytes", "bytes"),
        ("order_processing_seconds", "seconds"),
        ("bytes_sent_bytes", "bytes"),
    ];
    for (family, unit) in expected {
        assert_eq!(units.get(family), Some(&unit), "{family}");
    }
}

#[test]
fn exemplars_lead_to_the_log_lines_of_their_requests() {
    let service = Service::start().with_traffic();
    let (_, page) = service.page(Format::OpenMetrics);
    let lines = service.logs.request_lines();
    let mut seen = 0;
    for sample in page
        .exemplars()
        .filter(|sample| sample.name.starts_with("http_request_duration_seconds"))
    {
        let exemplar = sample.exemplar.as_ref().unwrap();
        let has_ids = |line: &&obs_tests::logs::LogLine| {
            exemplar.label("trace_id") == Some(line.str("trace_id"))
                && exemplar.label("span_id") == Some(line.str("span_id"))
        };
        let line = lines
            .iter()
            .find(has_ids)
            .unwrap_or_else(|| panic!("no line for {exemplar:?}"));
        assert_eq!(sample.label("endpoint"), Some(line.str("endpoint")));
        assert_eq!(sample.label("status"), Some(&*line.number("status").to_string()));
        // The line rounds to microseconds.
        assert!(
            (exemplar.value * 1000.0 - line.number("duration_ms")).abs() <= 0.001,
            "{exemplar:?} {line:?}"
        );
        seen += 1;
    }
    assert!(seen >= 4, "{seen} exemplars for four series");
}

// === how it is asked for ===

#[test]
fn the_format_is_what_the_client_likes_best_and_its_type_is_exact() {
    let service = Service::start();
    for (accept, expected) in [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/plain", TEXT),
        ("text/plain;version=0.0.4", TEXT),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT),
        ("image/png", TEXT),
        ("nonsense", TEXT),
        ("application/openmetrics-text", OPEN_METRICS),
        ("APPLICATION/OpenMetrics-Text; Version=1.0.0", OPEN_METRICS),
        ("application/openmetrics-text; version=\"1.0.0\"", OPEN_METRICS),
        ("text/plain;q=0.4, application/openmetrics-text;q=0.5", OPEN_METRICS),
        ("text/plain;q=0.5, application/openmetrics-text;q=0.4", TEXT),
        (
            "text/plain;q=0.9, application/openmetrics-text;q=0.5, */*;q=1",
            PROTOBUF,
        ),
        ("application/openmetrics-text;q=0, */*;q=0.1", TEXT),
        (
            "application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            TEXT,
        ),
        // Prometheus 2, 3, and one that wants native histograms.
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
             text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OPEN_METRICS,
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OPEN_METRICS,
        ),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,\
             application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            PROTOBUF,
        ),
    ] {
        let response = service.get(accept);
        assert_eq!(
            (response.status, response.header("content-type")),
            (200, Some(expected)),
            "{accept}"
        );
        let ends_as_open_metrics = response.body.ends_with(b"# EOF\n");
        assert_eq!(ends_as_open_metrics, expected == OPEN_METRICS, "{accept}");
    }
    let without_accept = net::get(service.server.addr(), "/metrics");
    assert_eq!(without_accept.header("content-type"), Some(TEXT));
}

#[test]
fn several_accept_lines_count_as_one_list() {
    let service = Service::start();
    let lines = [
        ("accept", "text/plain;q=0.4"),
        ("accept", "application/openmetrics-text;q=0.8"),
    ];
    let response = net::request(service.server.addr(), "GET", "/metrics", &lines, "");
    assert_eq!(response.header("content-type"), Some(OPEN_METRICS));
}

#[test]
fn head_answers_like_get_without_the_page() {
    let service = Service::start().with_traffic();
    for (accept, content_type) in [("text/plain", TEXT), ("application/openmetrics-text", OPEN_METRICS)] {
        let mut client = H1Client::open(service.server.addr());
        let request = |method| format!("{method} /metrics HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\n\r\n");
        client.send(request("HEAD"));
        let head = client.response("HEAD").unwrap();
        assert_eq!((head.status, head.header("content-type")), (200, Some(content_type)));
        let length: usize = head.header("content-length").unwrap().parse().unwrap();
        // On the same connection: a body after HEAD would be taken for this answer.
        client.send(request("GET"));
        let page = client.response("GET").unwrap();
        assert_eq!((page.status, page.header("content-type")), (200, Some(content_type)));
        // The page's own histogram of scrapes has grown meanwhile.
        assert!(
            length > 1000 && page.body.len().abs_diff(length) < 100,
            "{length} and {}",
            page.body.len()
        );
    }
}

#[test]
fn other_methods_are_refused_with_those_that_are_allowed() {
    let service = Service::start();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let response = net::request(service.server.addr(), method, "/metrics", &[], "");
        assert_eq!(
            (response.status, response.header("allow")),
            (405, Some("GET, HEAD")),
            "{method}"
        );
        assert!(response.body.is_empty(), "{method}");
    }
}

#[test]
fn the_page_leaves_itself_out_wherever_it_stands() {
    let compositions: [(&str, Compose); 3] = [
        ("/metrics", |routes, layer, page| routes.layer(layer).merge(page)),
        ("/metrics", |routes, layer, page| routes.merge(page).layer(layer)),
        ("/internal/metrics", |routes, layer, page| {
            routes.nest("/internal", page).layer(layer)
        }),
    ];
    for (path, compose) in compositions {
        let service = Service::with(compose);
        for method in ["GET", "HEAD"] {
            assert_eq!(
                net::request(service.server.addr(), method, path, &[], "").status,
                200,
                "{path}"
            );
        }
        assert_eq!(net::get(service.server.addr(), "/orders/1").status, 200);
        service.logs.wait_for_requests(DEADLINE, 1);
        let text = net::get(service.server.addr(), path).text().to_owned();
        let page = Page::parse(&text).unwrap();
        for name in [
            "http_requests_total",
            "http_requests_in_flight",
            "http_response_size_bytes_count",
        ] {
            assert_eq!(
                Vec::from_iter(page.label_values(name, "endpoint")),
                ["/orders/{id}"],
                "{path}: {name}"
            );
        }
        let lines = service.logs.request_lines();
        assert_eq!(
            lines.iter().map(|line| line.str("path")).collect::<Vec<_>>(),
            ["/orders/1"],
            "{path}"
        );
    }
}
