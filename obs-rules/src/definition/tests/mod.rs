mod refusals;

use std::time::Duration;

use obs_conventions::{Convention, DURATION_BUCKETS};
use proptest::prelude::*;

use super::{Definition, Endpoint, Service};
use crate::{AlertRule, Comparison, Condition, NoData, Scope, Severity, promql::Window};

fn parse(text: &str) -> Definition {
    Definition::parse(text, "obs.yaml").unwrap()
}

/// The problems of a file, one a line.
fn refused(text: &str) -> String {
    Definition::parse(text, "obs.yaml").unwrap_err().to_string()
}

/// A file with one service that has these further lines.
fn with(lines: &str) -> String {
    let lines: Vec<String> = lines.lines().map(|line| format!("    {line}")).collect();
    format!(
        "version: 1\nteam: {{ name: shop }}\nlinks: {{ runbooks: 'https://runbooks.example.com/' }}\nservices:\n  \
         - name: orders\n    endpoints: [POST /orders, {{ endpoint: GET /events, stream: true }}]\n{}\n",
        lines.join("\n")
    )
}

fn service(lines: &str) -> Service {
    parse(&with(lines)).services.remove(0)
}

fn alert<'a>(service: &'a Service, name: &str) -> &'a AlertRule {
    service.alerts.iter().find(|rule| rule.name() == name).unwrap()
}

#[test]
fn a_service_needs_a_name_only() {
    let definition = parse("version: 1\nservices: [{ name: orders }]");
    let service = &definition.services[0];
    assert_eq!(service.namespace, "http");
    assert_eq!(service.convention, Convention::Prometheus);
    assert_eq!(service.metrics_path, "/metrics");
    assert_eq!(service.environment, "production");
    assert_eq!(service.duration_bounds(), DURATION_BUCKETS);
    let names: Vec<&str> = service.alerts.iter().map(AlertRule::name).collect();
    assert!(
        names.contains(&"HighErrorRate") && !names.contains(&"DatabaseConnectionPoolExhausted"),
        "{names:?}"
    );
}

#[test]
fn thresholds_of_latencies_are_buckets() {
    let bounds = service(
        "slos: [{ name: quick, sli: latency, threshold: 300ms, objective: 99, window: 30d }]
alerts:
  standard: { HighLatency: { above: 1500ms } }
  own: [{ name: Slow, severity: info, condition: { latency: { above: 20s } } }]",
    )
    .duration_bounds();
    let added: Vec<f64> = bounds
        .iter()
        .copied()
        .filter(|bound| !DURATION_BUCKETS.contains(bound))
        .collect();
    // A quantile is never above the last bound: the alert on 20 s needs one beyond it.
    assert_eq!(added, [0.3, 1.5, 20.0, 40.0]);
    assert!(bounds.is_sorted());
}

#[test]
fn standard_rules_can_be_changed_and_left_out() {
    let service = service(
        "alerts:
  standard:
    HighErrorRate: { above: 2%, for: 1m, window: 10m, severity: warning, min_requests: 0, clear: 1% }
    TrafficDrop: off
    SpansDropped: false",
    );
    let rule = alert(&service, "HighErrorRate");
    assert_eq!(
        format!("{:?}", rule.condition()),
        format!("{:?}", Condition::error_ratio(Window::minutes(10), 0.02))
    );
    assert_eq!((rule.severity(), rule.clears_at()), (Severity::Warning, Some(0.01)));
    assert_eq!(rule.times().0, Duration::from_secs(60));
    let names: Vec<&str> = service.alerts.iter().map(AlertRule::name).collect();
    assert!(
        !names.contains(&"TrafficDrop") && !names.contains(&"SpansDropped"),
        "{names:?}"
    );
}

#[test]
fn all_standard_rules_can_be_left_out_at_once() {
    assert_eq!(service("alerts: { standard: off }").alerts.len(), 0);
}

#[test]
fn each_kind_of_condition_can_be_written() {
    let minutes = Window::minutes;
    let orders = Scope::service().method("POST").endpoint("/orders");
    let kinds = [
        (
            "error_ratio: { above: 5% }",
            format!("{:?}", Condition::error_ratio(minutes(5), 0.05)),
        ),
        (
            "latency: { endpoint: POST /orders, quantile: 0.5, above: 80ms }",
            format!(
                "{:?}",
                Condition::Latency {
                    scope: orders,
                    window: minutes(5),
                    quantile: 0.5,
                    above: Duration::from_millis(80),
                }
            ),
        ),
        (
            "availability: { below: 99%, window: 1h }",
            format!("{:?}", Condition::availability(minutes(60), 0.99)),
        ),
        (
            "rate_change: { before: 1d, below: 50% }",
            format!(
                "{:?}",
                Condition::RateChange {
                    scope: Scope::service(),
                    window: minutes(5),
                    offset: minutes(24 * 60),
                    comparison: Comparison::Below(0.5),
                }
            ),
        ),
        (
            "gauge: { metric: jobs, labels: { kind: mail }, above: 17 }",
            "jobs{kind=\"mail\"} > 17".to_owned(),
        ),
        (
            "gauge: { metric: jobs, divided_by: { metric: jobs_max }, above: 0.8 }",
            "jobs > 0.8 * (jobs_max > 0)".to_owned(),
        ),
        (
            "increase: { metric: jobs_total, window: 1d, below: 1 }",
            "(sum(increase(jobs_total[1d])) or vector(0)) \
             + (sum(jobs_total unless jobs_total offset 1d and on (job, instance) up offset 1d) or vector(0)) < 1"
                .to_owned(),
        ),
        ("absence: { metric: jobs }", "absent(jobs)".to_owned()),
    ];
    for (text, expected) in kinds {
        let lines = format!("alerts: {{ own: [{{ name: Own, severity: info, condition: {{ {text} }} }}] }}");
        assert_eq!(format!("{:?}", alert(&service(&lines), "Own").condition()), expected);
    }
    let ratio = "alerts: { own: [{ name: Own, severity: info, condition: { ratio: { numerator: { metric: a }, denominator: { metric: b }, \
                 above: 1.5 } } }] }";
    assert!(matches!(
        alert(&service(ratio), "Own").condition(),
        Condition::Ratio { .. }
    ));
}

#[test]
fn settings_of_an_alert_are_kept() {
    let service = service(
        "alerts:
  own:
    - name: Own
      severity: critical
      summary: Orders fail
      description: '{{ $value }} orders'
      team: shop
      runbook: https://example.com/own
      cause: because
      for: 90s
      keep_firing_for: 2m
      cooldown: 1h
      no_data: keep
      labels: { tier: gold }
      annotations: { dashboard_url: 'https://example.com/d' }
      condition: { gauge: { metric: jobs, above: 1 } }",
    );
    let rule = alert(&service, "Own");
    let seconds = Duration::from_secs;
    assert_eq!(rule.times(), (seconds(90), seconds(120), seconds(3_600)));
    assert_eq!(
        (rule.reason(), rule.runbook()),
        (Some("because"), Some("https://example.com/own"))
    );
    assert_eq!(rule.no_data_policy(), NoData::Keep);
    assert_eq!(rule.labels()["tier"], "gold");
    assert_eq!(rule.labels()["service"], "orders");
    assert_eq!(rule.annotations()["dashboard_url"], "https://example.com/d");
    assert_eq!(rule.quality(), []);
}

#[test]
fn an_slo_without_some_of_its_alerts_is_noted_with_its_place() {
    let definition = parse(&with(
        "slos:
  - { name: strict, objective: 99.9, window: 90d }
  - { name: lenient, objective: 90, window: 90d }",
    ));
    let messages: Vec<String> = definition.notes().iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "obs.yaml:9:9: SLO \"lenient\" has no alert on a burn rate of 14.4: at 90 % not even all requests failing is that fast"
        ]
    );
}

#[test]
fn a_grpc_method_is_what_is_recorded_however_it_is_written() {
    for spelling in [
        "shop.Orders/Get",
        "/shop.Orders/Get",
        "POST shop.Orders/Get",
        "POST /shop.Orders/Get",
    ] {
        let text = format!(
            "version: 1\nservices:\n  - name: orders\n    endpoints: [{spelling}]\n    \
             slos: [{{ name: quick, objective: 99, window: 30d, endpoint: shop.Orders/Get }}]"
        );
        let service = parse(&text).services.remove(0);
        let expected = Endpoint {
            method: "POST".to_owned(),
            template: "shop.Orders/Get".to_owned(),
            is_stream: false,
        };
        assert_eq!(
            service.endpoints.as_slice(),
            std::slice::from_ref(&expected),
            "{spelling}"
        );
        assert_eq!(service.slos[0].requests(), &expected.scope());
    }
    let template = |spelling: &str| {
        let text = format!("version: 1\nservices: [{{ name: orders, endpoints: ['{spelling}'] }}]");
        parse(&text).services[0].endpoints[0].template.clone()
    };
    // What may be a route stays one.
    assert_eq!(template("POST /Orders/Get"), "/Orders/Get");
    assert_eq!(template("POST /api.v1/users"), "/api.v1/users");
    assert_eq!(template("GET /shop.Orders/Get"), "/shop.Orders/Get");
    assert_eq!(template("Orders/Get"), "Orders/Get");
    assert_eq!(template("grpc.health.v1.Health/Check"), "grpc.health.v1.Health/Check");
    for bad in [
        "POST orders/get",
        "shop.Orders",
        "shop.Orders/Get/More",
        "shop..Orders/Get",
        "/Orders",
        "GET shop.Orders/Get",
    ] {
        let messages = refused(&format!(
            "version: 1\nservices: [{{ name: orders, endpoints: ['{bad}'] }}]"
        ));
        assert!(messages.contains("such as shop.Orders/Get"), "{bad}: {messages}");
    }
}

#[test]
fn endpoints_tell_their_method_and_template() {
    let endpoints = service("").endpoints;
    assert_eq!(
        endpoints[1],
        Endpoint {
            method: "GET".to_owned(),
            template: "/events".to_owned(),
            is_stream: true
        }
    );
}

/// A file that has much of what there is, for tests that damage it.
const WHOLE: &str = "version: 1
environment: test
teams: [{ name: shop, contact: '#shop' }]
links: { runbooks: https://runbooks.example.com }
services:
  - name: orders
    targets: ['127.0.0.1:3001']
    endpoints: [POST /orders, { endpoint: GET /events, stream: true }]
    databases: [orders]
    slos:
      - { name: quick, sli: latency, threshold: 300ms, objective: 99, window: 30d, endpoint: POST /orders }
    alerts:
      standard: { HighLatency: { above: 1500ms }, TrafficDrop: off }
      own:
        - { name: Own, severity: info, condition: { gauge: { metric: jobs, above: 1 } }, for: 5m }
";

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = Definition::parse(&text, "obs.yaml");
    }

    #[test]
    fn no_damage_makes_it_panic_and_all_problems_have_a_place(
        at in 0..WHOLE.len(),
        length in 0_usize..12,
        put in "[ \\-\\[\\]{}:#&*!|>'\"%@`\n0-9a-z.]{0,6}",
    ) {
        let text: String = WHOLE.chars().take(at).chain(put.chars()).chain(WHOLE.chars().skip(at + length)).collect();
        if let Err(error) = Definition::parse(&text, "obs.yaml") {
            let lines = u64::try_from(text.lines().count()).unwrap();
            prop_assert!(!error.problems().is_empty());
            for problem in error.problems() {
                let at = problem.position();
                prop_assert!(at.column > 0 && (1..=lines + 1).contains(&at.line), "{problem}");
            }
        }
    }
}
