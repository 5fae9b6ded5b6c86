//! Answers of an instance that has done something.

use std::{sync::Arc, time::Duration};

use obs_alert::{
    AlertManager, AlertRule, Comparison, Condition, Severity, Sli, Slo,
    promql::{Selector, Window},
};
use obs_core::{
    Obs,
    adapter::{BodySize, LayerState, Observation, RequestHead, ResponseHead},
    context,
};
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{ApiRequest, ConsoleFacts, Follow, Format, Problem, Sources, answer};
use crate::Rights;

/// A text that wants to be more than text.
const HOSTILE: &str = "<script>alert(1)</script>\u{202e}gnp.exe\u{7}|`*_#\n\u{1b}[31m";

/// An instance and its console's sources.
pub(super) struct Bench {
    pub(super) sources: Arc<Sources>,
    layer: LayerState,
    /// What is still running.
    open: Option<Observation>,
}

impl Bench {
    pub(super) fn new() -> Self {
        let obs = Obs::builder("shop")
            .version("1.2.3")
            .log_writer(std::io::sink())
            .build()
            .unwrap();
        let month = Window::minutes(30 * 24 * 60);
        let manager = AlertManager::builder()
            .registry(obs.registry())
            .slo(Arc::new(Slo::new("availability", 0.99, month, Sli::Availability)))
            .rule(
                AlertRule::new("Full", full(), Severity::Critical, "The queue is full")
                    .description("Why: {{ $value }}"),
            )
            .build()
            .unwrap();
        let layer = LayerState::default().with(|options| options.common.record_into(&obs));
        let sources = Arc::new(Sources::new(obs, Some(manager), 4 << 20));
        Self {
            sources,
            layer,
            open: None,
        }
    }

    /// One with requests, errors, lines, jobs, alerts, a silence, and something that is running.
    pub(super) fn filled() -> Self {
        let mut bench = Self::new();
        for at in 0..20 {
            bench.request("GET", "/orders/{id}", &format!("/orders/{at}"), 200);
        }
        bench.request("POST", "/orders", "/orders?x=1", 503);
        bench.request("GET", "/orders/{id}", &format!("/{HOSTILE}"), 404);
        let obs = bench.sources.obs().clone();
        let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(port = 987_654_321, "listening");
            tracing::warn!(order = HOSTILE, "careful {HOSTILE}");
            context::run_in(obs.start_context(), || {
                let span = tracing::info_span!("work", amount = 3);
                span.in_scope(|| tracing::error!(reason = "none", "job failed"));
            });
        });
        metrics::with_local_recorder(obs.registry(), || metrics::gauge!("queue_length").set(200.0));
        let alerts = bench.sources.alerts().unwrap();
        alerts.evaluate(alerts.now());
        alerts
            .silence(obs_alert::Silence::new(Duration::from_secs(60), "known").with("alertname", "Full"))
            .unwrap();
        bench.sources.sampler().sample(1);
        bench.sources.sampler().sample(2);
        bench.open = Some(bench.begin("GET", "/slow", "/slow"));
        bench
    }

    fn begin(&self, method: &str, endpoint: &str, path: &str) -> Observation {
        let head = RequestHead {
            method,
            path,
            endpoint: Some(endpoint),
            ..RequestHead::default()
        };
        Observation::start(self.layer.instrument(), &head, &())
    }

    pub(super) fn request(&self, method: &str, endpoint: &str, path: &str, status: u16) {
        let mut observation = self.begin(method, endpoint, path);
        observation.head(&ResponseHead {
            status,
            headers: &(),
            body: BodySize::Exact(5),
            endpoint: None,
        });
        observation.body_bytes(5, true);
    }

    pub(super) fn get_as(&self, path: &str, format: Format, rights: Rights) -> Result<String, Problem> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path: Vec<_> = path.split('/').map(str::to_owned).collect();
        let change = super::ActiveControl {
            id: "1".to_owned(),
            kind: "sampling",
            text: "all".to_owned(),
            until: std::time::SystemTime::now(),
            by: "me".to_owned(),
        };
        let state = super::ControlsState {
            enabled: true,
            active: vec![change],
            audit: Vec::new(),
        };
        let request = ApiRequest {
            path: &path,
            query,
            format,
            rights,
            console: ConsoleFacts::default(),
            health: None,
            controls: Some(&state),
        };
        let answer = answer(&self.sources, &request)?;
        assert!(answer.body.len() <= 1 << 20, "{}", answer.body.len());
        Ok(String::from_utf8(answer.body).unwrap())
    }

    pub(super) fn get(&self, path: &str, format: Format) -> Result<String, Problem> {
        self.get_as(path, format, Rights::see().sensitive(true))
    }

    pub(super) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path, Format::Json).unwrap()).unwrap()
    }

    /// A request of this path that has something to answer.
    pub(super) fn example(&self, path: &str) -> String {
        match path {
            "endpoint" => "endpoint?method=GET&endpoint=/orders/%7Bid%7D".to_owned(),
            "traces/{id}" => format!(
                "traces/{}",
                self.json("records?filter=kind:job")["data"][0]["trace_id"]
                    .as_str()
                    .unwrap()
            ),
            "errors/{fingerprint}" => format!(
                "errors/{}",
                self.json("errors")["data"][0]["fingerprint"].as_str().unwrap()
            ),
            "metrics/{name}" => "metrics/http_request_duration_seconds".to_owned(),
            "diff" => "diff?mode=slow".to_owned(),
            "suggestions" => "suggestions?page=logs&text=target:".to_owned(),
            other => other.to_owned(),
        }
    }
}

fn full() -> Condition {
    Condition::Gauge {
        selector: Selector::new("queue_length"),
        denominator: None,
        comparison: Comparison::Above(100.0),
    }
}

fn texts<'a>(rows: &'a Value, key: &str) -> Vec<&'a str> {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row[key].as_str().unwrap())
        .collect()
}

#[test]
fn the_overview_has_a_row_for_each_endpoint() {
    let bench = Bench::filled();
    let data = &bench.json("overview?sort=requests")["data"];
    let first = &data["endpoints"][0];
    assert_eq!(
        (
            &first["kind"],
            &first["method"],
            &first["endpoint"],
            &first["requests"],
            &first["errors"]
        ),
        (
            &"server".into(),
            &"GET".into(),
            &"/orders/{id}".into(),
            &21.into(),
            &0.into()
        )
    );
    assert!(first["p99"].as_f64().unwrap() > 0.0 && first["rate"].as_f64().unwrap() > 1.0);
    let failed = &bench.json("overview?filter=method:POST")["data"]["endpoints"];
    assert_eq!(texts(failed, "endpoint"), ["/orders"]);
    assert_eq!(
        (failed[0]["errors"].as_u64(), failed[0]["error_ratio"].as_f64()),
        (Some(1), Some(1.0))
    );
    assert_eq!(data["totals"]["requests"].as_u64(), Some(22));
    assert_eq!(data["totals"]["in_flight"].as_u64(), Some(1));
    assert_eq!(texts(&data["alerts"], "name"), ["Full"]);
    let sorted = bench.json("overview?sort=endpoint&order=asc&limit=1");
    assert_eq!(texts(&sorted["data"]["endpoints"], "endpoint"), ["/orders"]);
    assert_eq!(sorted["left_out"][0]["what"], "endpoints");
}

#[test]
fn what_is_running_is_listed() {
    let bench = Bench::filled();
    let data = &bench.json("running")["data"];
    assert_eq!((data["total"].as_u64(), data["stuck"].as_u64()), (Some(1), Some(0)));
    assert_eq!(data["running"][0]["endpoint"], "/slow");
    assert_eq!(bench.json("running?filter=age:>1h")["data"]["total"], 0);
}

#[test]
fn an_endpoint_has_its_requests_in_each_part() {
    let bench = Bench::filled();
    let data = &bench.json(&bench.example("endpoint"))["data"];
    let heat = &data["heatmap"];
    let columns = heat["counts"].as_array().unwrap();
    let count: u64 = columns
        .iter()
        .flat_map(|column| column.as_array().unwrap())
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(count, 21);
    assert_eq!(heat["bounds"].as_array().unwrap().last().unwrap(), &Value::Null);
    assert!(!heat["exemplars"].as_array().unwrap().is_empty());
    let trace = heat["exemplars"][0]["trace_id"].as_str().unwrap();
    assert_eq!(bench.json(&format!("traces/{trace}"))["data"]["trace_id"], trace);
    assert_eq!(texts(&data["statuses"], "status"), ["200", "404"]);
    assert_eq!(texts(&data["outcomes"], "outcome"), ["client_error", "ok"]);
    assert!(data["slowest"].as_array().unwrap().len() > 1 && data["head"]["p50"].is_number());
    let unknown = bench
        .get("endpoint?method=GET&endpoint=/none", Format::Json)
        .unwrap_err();
    assert_eq!(unknown.status, 404);
}

#[test]
fn lines_outside_and_within_jobs_and_the_ends_of_requests_are_one_list() {
    let bench = Bench::filled();
    let lines = bench.json("lines?limit=1000");
    let messages = texts(&lines["data"], "message");
    for message in ["listening", "job failed", "request completed", "job completed"] {
        assert!(messages.contains(&message), "{message}: {messages:?}");
    }
    let times = texts(&lines["data"], "at");
    assert!(times.is_sorted_by(|a, b| a >= b), "the newest first");
    let filtered = bench.json("lines?filter=level:error+target:obs_console");
    assert_eq!(texts(&filtered["data"], "message"), ["job failed"]);
    let line = &filtered["data"][0];
    assert!(
        line["trace_id"].is_string()
            && line["fields"]
                .as_array()
                .unwrap()
                .iter()
                .any(|field| field["key"] == "reason")
    );
    let by_field = bench.json("lines?filter=field.port:987654321");
    assert_eq!(texts(&by_field["data"], "message"), ["listening"]);
    let ended = bench.json("lines?filter=status:5xx");
    assert_eq!(texts(&ended["data"], "message"), ["request completed"]);
}

#[test]
fn pages_of_lines_have_each_line_once() {
    let bench = Bench::filled();
    let to = bench.json("lines")["window"]["to"].as_str().unwrap().to_owned();
    // What the instance says of its process comes when it comes.
    let query = format!("to={to}&filter=-%22the+process+has+no%22");
    let all = bench.json(&format!("lines?limit=1000&{query}"))["data"]
        .as_array()
        .unwrap()
        .clone();
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = bench.json(&format!("lines?limit=7&{query}&cursor={cursor}"));
        found.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        next.clone_into(&mut cursor);
    }
    assert_eq!(found, all);
}

#[test]
fn records_are_filtered_and_sorted() {
    let bench = Bench::filled();
    let failed = bench.json("records?only=errors");
    assert_eq!(texts(&failed["data"], "endpoint"), ["/orders"]);
    let slow = bench.json("records?sort=duration&limit=1000&filter=kind:request");
    let durations: Vec<_> = slow["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["duration"].as_f64().unwrap())
        .collect();
    assert!(durations.len() == 22 && durations.is_sorted_by(|a, b| a >= b));
    assert_eq!(
        bench.json("records?filter=work")["data"][0]["kind"],
        "job",
        "the name of a span"
    );
    assert_eq!(
        bench.json("records?filter=field.amount:3")["data"][0]["kind"],
        "job",
        "an attribute"
    );
    let id = slow["data"][3]["request_id"].as_str().unwrap();
    let found = bench.json(&format!("records?filter=request_id:{id}"));
    assert_eq!(texts(&found["data"], "request_id"), [id]);
}

#[test]
fn a_trace_has_its_spans_and_lines() {
    let bench = Bench::filled();
    let data = &bench.json(&bench.example("traces/{id}"))["data"];
    assert_eq!(texts(&data["spans"], "name"), ["job", "work"]);
    assert_eq!(data["spans"][1]["parent_id"], data["spans"][0]["span_id"]);
    assert_eq!(texts(&data["lines"], "message"), ["job failed"]);
    assert_eq!(data["critical_path"].as_array().unwrap().len(), 2);
    assert_eq!(texts(&data["records"], "kind"), ["job"]);
    let running = bench.json("running")["data"]["running"][0]["trace_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let open = &bench.json(&format!("traces/{running}"))["data"];
    assert_eq!(
        (&open["spans"][0]["is_running"], &open["open"][0]["endpoint"]),
        (&true.into(), &"/slow".into())
    );
}

#[test]
fn errors_are_grouped() {
    let bench = Bench::filled();
    for _ in 0..3 {
        bench.request("POST", "/orders", "/orders", 503);
    }
    let errors = &bench.json("errors")["data"];
    assert_eq!(
        (errors.as_array().unwrap().len(), errors[0]["count"].as_u64()),
        (1, Some(4))
    );
    let trend = errors[0]["trend"]["counts"].as_array().unwrap();
    assert_eq!(trend.iter().map(|count| count.as_u64().unwrap()).sum::<u64>(), 4);
    let one = &bench.json(&bench.example("errors/{fingerprint}"))["data"];
    assert_eq!(one["recent"].as_array().unwrap().len(), 4);
    assert_eq!(
        bench.get("errors/0000000000000001", Format::Json).unwrap_err().status,
        404
    );
}

#[test]
fn alerts_have_rules_budgets_and_silences() {
    let bench = Bench::filled();
    let data = &bench.json("alerts")["data"];
    assert_eq!(
        (&data["alerts"][0]["state"], &data["alerts"][0]["value"]),
        (&"firing".into(), &200.0.into())
    );
    assert_eq!(texts(&data["slos"], "name"), ["availability"]);
    assert_eq!(data["silences"][0]["matchers"][0], "alertname=\"Full\"");
    assert!(data["silences"][0]["until"].is_string());
    let without = Sources::new(
        Obs::builder("x").log_writer(std::io::sink()).build().unwrap(),
        None,
        1 << 20,
    );
    let request = ApiRequest {
        path: &["alerts".to_owned()],
        ..ApiRequest::default()
    };
    let body = answer(&without, &request).unwrap().body;
    assert!(String::from_utf8(body).unwrap().contains("\"available\":false"));
}

#[test]
fn metrics_have_their_course() {
    let bench = Bench::filled();
    let list = &bench.json("metrics?filter=queue")["data"];
    assert!(texts(list, "name").contains(&"queue_length"));
    let queue = &bench.json("metrics/queue_length")["data"];
    let values = queue["series"][0]["history"]["values"].as_array().unwrap();
    assert_eq!(values.iter().rev().find(|value| !value.is_null()), Some(&200.0.into()));
    let requests = &bench.json("metrics/http_requests_total")["data"];
    assert!(
        requests["series"][0]["promql"]
            .as_str()
            .unwrap()
            .starts_with("http_requests_total{")
    );
    assert!(requests["promql"][0].as_str().unwrap().contains("rate("));
}

#[test]
fn two_windows_and_slow_requests_are_compared() {
    let bench = Bench::filled();
    let slow = &bench.json("diff?mode=slow")["data"];
    assert!(slow["a_records"].as_u64().unwrap() >= 1 && slow["b_records"].as_u64().unwrap() >= 19);
    let windows = &bench.json("diff")["data"];
    assert_eq!(windows["b_records"], 0);
    assert_eq!(windows["a"]["from"], windows["b"]["to"]);
    assert_eq!(
        bench
            .get("diff?base_from=never", Format::Json)
            .unwrap_err()
            .parameter
            .as_deref(),
        Some("base_from")
    );
}

#[test]
fn what_is_sensitive_is_hidden_and_not_found() {
    let bench = Bench::filled();
    for path in [
        "records?limit=1000",
        "lines?limit=1000",
        "running",
        "errors",
        &bench.example("endpoint"),
    ] {
        let text = bench.get_as(path, Format::Json, Rights::see()).unwrap();
        for secret in ["/orders/7", "alert(1)", "987654321", "x=1", "\"/slow\",\"client"] {
            let is_message = secret == "alert(1)" && path.starts_with("lines");
            assert!(is_message || !text.contains(secret), "{secret} in {path}");
        }
    }
    for path in [
        "records?filter=path:/orders/7",
        "lines?filter=field.port:987654321",
        "records?filter=field.amount:3",
    ] {
        let answer = bench.get_as(path, Format::Json, Rights::see()).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["data"].as_array().map(Vec::len), Some(0), "{path}");
    }
}

#[test]
fn hostile_texts_are_shown_as_text() {
    let bench = Bench::filled();
    for path in ["records?limit=1000", "lines?limit=1000", "traces/x", "diff"] {
        let path = if path == "traces/x" {
            bench.example("traces/{id}")
        } else {
            path.to_owned()
        };
        for format in [Format::Markdown, Format::Text] {
            let text = bench.get(&path, format).unwrap();
            let is_plain = |c: char| c == '\n' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            assert!(text.chars().all(is_plain), "{path}");
            assert!(format == Format::Text || !text.contains("<script"), "{path}");
        }
        let rows = bench.get(&path, Format::Ndjson).unwrap();
        assert!(
            rows.lines().all(|row| serde_json::from_str::<Value>(row).is_ok()),
            "{path}"
        );
    }
}

#[test]
fn texts_of_other_services_of_any_length_leave_room_for_the_others() {
    use super::{Field, Level, Line, Scalar, Time};
    let bench = Bench::filled();
    let line = |length: usize, fields: usize| Line {
        seq: None,
        at: Time::now(),
        level: Level::Error,
        service: "other".to_owned(),
        target: HOSTILE.to_owned(),
        message: HOSTILE.repeat(length),
        fields: vec![
            Field {
                key: HOSTILE.to_owned(),
                value: Scalar::Text("\u{fffd}\u{0}".repeat(fields))
            };
            fields
        ],
        request_id: None,
        trace_id: None,
        span_id: None,
        held: false,
        text: String::new(),
    };
    for (length, fields) in [(10_000, 0), (1, 1), (1, 150), (0, 0)] {
        assert!(
            bench.sources.foreign().add_line(line(length, fields)),
            "{length} {fields}"
        );
    }
    let answer = bench.json("lines?filter=service:other");
    assert_eq!(answer["data"].as_array().unwrap().len(), 4);
    let longest = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["message"].as_str().unwrap().len())
        .max();
    assert!(longest.unwrap() <= super::page::MAX_CELL + 3);
    for format in [Format::Ndjson, Format::Markdown, Format::Text] {
        bench.get("lines?limit=1000", format).unwrap();
    }
}

#[test]
fn wrong_queries_are_refused_with_their_place() {
    let bench = Bench::new();
    for (path, parameter, offset) in [
        ("overview?last=soon", "last", Some(0)),
        ("overview?sort=colour", "sort", Some(0)),
        ("lines?filter=level:warn+colour:red", "filter", Some(11)),
        ("lines?filter=status:6xx", "filter", Some(7)),
        ("lines?colour=red", "colour", None),
        ("lines?cursor=x", "cursor", Some(0)),
        ("lines?limit=9999", "limit", Some(0)),
        ("lines?mine=%22", "mine", Some(0)),
        ("lines?from=2&to=1", "from", None),
        ("endpoint?method=GET", "endpoint", None),
        ("traces/zz", "id", Some(0)),
        ("diff?mode=fast", "mode", Some(0)),
    ] {
        let problem = bench.get(path, Format::Json).unwrap_err();
        let found = (
            problem.status,
            problem.code,
            problem.parameter.as_deref(),
            problem.offset,
        );
        assert_eq!(found, (400, "bad_query", Some(parameter), offset), "{path}: {problem}");
    }
    assert_eq!(bench.get("nothing", Format::Json).unwrap_err().status, 404);
    assert_eq!(
        bench
            .get("traces/4bf92f3577b34da6a3ce929d0e0e4736", Format::Json)
            .unwrap_err()
            .status,
        404
    );
}

#[test]
fn an_evicted_trace_says_when() {
    let obs = Obs::builder("small")
        .flight_recorder(400_000)
        .log_writer(std::io::sink())
        .build()
        .unwrap();
    let layer = LayerState::default().with(|options| options.common.record_into(&obs));
    let bench = Bench {
        sources: Arc::new(Sources::new(obs, None, 1 << 20)),
        layer,
        open: None,
    };
    (0..50).for_each(|at| bench.request("GET", "/", &format!("/{at}"), 200));
    let first = bench.json("records?limit=50");
    let ids = texts(&first["data"], "trace_id");
    // Some are kept as the slowest of their endpoint; of those that have given way, the newest are remembered.
    let evicted = (0..1_000).find_map(|_| {
        (0..50).for_each(|at| bench.request("GET", "/", &format!("/{at}"), 200));
        let answers = ids
            .iter()
            .take(5)
            .map(|id| bench.get(&format!("traces/{id}"), Format::Json));
        answers.filter_map(Result::err).find(|problem| problem.status == 410)
    });
    let evicted = evicted.unwrap();
    assert_eq!(evicted.code, "evicted");
    assert!(super::quantity::time(&evicted.evicted_at.unwrap()).is_some());
}

#[test]
fn rows_come_as_they_are_logged() {
    let bench = Bench::new();
    let request = ApiRequest {
        path: &["lines".to_owned()],
        query: "filter=level:warn+-%22the+process+has+no%22&follow=true",
        rights: Rights::see().sensitive(true),
        ..ApiRequest::default()
    };
    let mut follow = Follow::start(&bench.sources, &request).unwrap();
    assert!(follow.rows(1 << 20).is_empty());
    let obs = bench.sources.obs().clone();
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("too little");
        context::run_in(obs.start_context(), || tracing::warn!("within a job"));
    });
    bench.request("GET", "/", "/", 500);
    let mut rows = String::new();
    let begun = std::time::Instant::now();
    while rows.lines().count() < 2 && begun.elapsed() < Duration::from_secs(10) {
        rows += &String::from_utf8(follow.rows(1 << 20)).unwrap();
        std::thread::yield_now();
    }
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let messages: Vec<_> = rows.iter().map(|row| row["message"].as_str().unwrap()).collect();
    assert_eq!(messages, ["within a job", "request completed"]);
    let other = ApiRequest {
        path: &["records".to_owned()],
        ..request
    };
    assert!(Follow::start(&bench.sources, &other).is_err());
}

#[test]
fn rows_that_do_not_fit_are_counted() {
    let bench = Bench::new();
    let request = ApiRequest {
        path: &["lines".to_owned()],
        ..ApiRequest::default()
    };
    let mut follow = Follow::start(&bench.sources, &request).unwrap();
    let subscriber = tracing_subscriber::registry().with(bench.sources.obs().subscriber_layer());
    tracing::subscriber::with_default(subscriber, || (0..50).for_each(|at| tracing::info!(at, "line")));
    let rows = String::from_utf8(follow.rows(1_000)).unwrap();
    let last: Value = serde_json::from_str(rows.lines().last().unwrap()).unwrap();
    let sent = rows.lines().count() as u64 - 1;
    assert_eq!(
        (last["event"].as_str(), last["count"].as_u64()),
        (Some("dropped"), Some(50 - sent))
    );
}

#[test]
fn suggestions_are_keys_words_and_values_that_rows_have() {
    let bench = Bench::filled();
    let keys = &bench.json("suggestions?text=tar")["data"]["keys"];
    assert_eq!(keys, &serde_json::json!(["target"]));
    let values = |query: &str| bench.json(query)["data"]["values"].as_array().unwrap().len();
    assert!(values("suggestions?page=logs&text=target:obs") >= 1);
    assert_eq!(values("suggestions?page=overview&text=endpoint:orders"), 2);
    assert_eq!(values("suggestions?page=records&text=method:po"), 1);
}

#[test]
fn spans_and_lines_of_other_services_complete_a_trace() {
    use super::{ForeignSpan, Level, Line, Span, SpanStatus, Time};
    let bench = Bench::filled();
    let path = bench.example("traces/{id}");
    let own = bench.json(&path)["data"].clone();
    let trace_id = own["trace_id"].as_str().unwrap().to_owned();
    let span = Span {
        service: "payment".to_owned(),
        span_id: "00000000000000aa".to_owned(),
        parent_id: Some(own["spans"][1]["span_id"].as_str().unwrap().to_owned()),
        name: "POST /pay".to_owned(),
        kind: "server".to_owned(),
        started: Time::now(),
        offset: 0.0,
        duration: 0.001,
        self_time: 0.0,
        status: SpanStatus::Error,
        outcome: None,
        error: Some("no money".to_owned()),
        attributes: Vec::new(),
        left_out_attributes: 0,
        events: Vec::new(),
        is_record: false,
        is_running: false,
    };
    let line = Line {
        seq: None,
        at: Time::now(),
        level: Level::Error,
        service: "payment".to_owned(),
        target: "pay".to_owned(),
        message: "no money".to_owned(),
        fields: Vec::new(),
        request_id: None,
        trace_id: Some(trace_id.clone()),
        span_id: None,
        held: false,
        text: String::new(),
    };
    assert!(bench.sources.foreign().add_span(ForeignSpan { trace_id, span }) && bench.sources.foreign().add_line(line));
    let data = &bench.json(&path)["data"];
    assert_eq!(texts(&data["spans"], "name"), ["job", "work", "POST /pay"]);
    assert_eq!(data["services"], serde_json::json!(["payment", "shop"]));
    assert_eq!(texts(&data["lines"], "message"), ["job failed", "no money"]);
}
