use std::{error::Error as _, time::Duration};

use obs_conventions::{Convention, DURATION_BUCKETS};
use proptest::prelude::*;

use super::{Definition, Endpoint, Service};
use crate::{AlertRule, Condition, NoData, Severity};

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
        "error ratio of all requests over 10m > 0.02"
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
    let kinds = [
        (
            "error_ratio: { above: 5% }",
            "error ratio of all requests over 5m > 0.05",
        ),
        (
            "latency: { endpoint: POST /orders, quantile: 0.5, above: 80ms }",
            "quantile 0.5 of POST /orders over 5m > 80ms",
        ),
        (
            "availability: { below: 99%, window: 1h }",
            "availability of all requests over 1h < 0.99",
        ),
        (
            "rate_change: { before: 1d, below: 50% }",
            "rate of all requests over 5m by that of 1d before Below(0.5)",
        ),
        (
            "gauge: { metric: jobs, labels: { kind: mail }, above: 17 }",
            "jobs{kind=\"mail\"} Above(17.0)",
        ),
        (
            "gauge: { metric: jobs, divided_by: { metric: jobs_max }, above: 0.8 }",
            "jobs / jobs_max Above(0.8)",
        ),
        (
            "increase: { metric: jobs_total, window: 1d, below: 1 }",
            "increase of jobs_total over 1d Below(1.0)",
        ),
        ("absence: { metric: jobs }", "no jobs"),
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
fn what_an_alert_lacks_is_told_with_its_place() {
    let definition = parse(&with(
        "alerts:
  standard: off
  own: [{ name: Own, severity: info, summary: Jobs wait, condition: { gauge: { metric: jobs, above: 1 } } }]",
    ));
    let told: Vec<String> = definition.defects().iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(
        told[0].starts_with("obs.yaml:9:13: alert \"Own\" of \"orders\" has no description: "),
        "{}",
        told[0]
    );
}

#[test]
fn an_slo_without_some_of_its_alerts_is_noted_with_its_place() {
    let definition = parse(&with(
        "slos:
  - { name: strict, objective: 99.9, window: 90d }
  - { name: lenient, objective: 90, window: 90d }",
    ));
    let told: Vec<String> = definition.notes().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "obs.yaml:9:9: SLO \"lenient\" has no alert on a burn rate of 14.4: at 90 % not even all requests failing is that fast"
        ]
    );
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file() {
    let text = "version: 2
teams: [{ name: shop }, { name: shop }, { name: payments }]
services:
  - name: Payment_Service
    team: shopp
    slos:
      - { name: a, objective: 100, window: 30d }
      - { name: b, objectiv: 99 }
  - name: orders
";
    assert_eq!(
        refused(text),
        "obs.yaml:1:10: \"version\" is 2: expected 1, the only version there is
obs.yaml:2:25: a second team named \"shop\", the first is at 2:9: rename one
obs.yaml:4:11: \"name\" is \"Payment_Service\": expected 1 to 63 lower-case letters, digits and hyphens, a letter first \
         and no hyphen last, such as \"payment-service\"
obs.yaml:5:11: \"team\" is \"shopp\": expected a team of the file's \"teams\" (did you mean \"shop\"?)
obs.yaml:7:9: SLO \"a\": objective 100 %: there is no error budget to spend; 99.99 % is a lot already
obs.yaml:8:9: \"objective\" is missing: write `objective: 99.9`
obs.yaml:8:9: \"window\" is missing: write `window: 30d`
obs.yaml:8:20: an SLO has no key \"objectiv\" (did you mean \"objective\"?): it has name, description, endpoint, \
         objective, window, sli, threshold, min_requests
obs.yaml:9:5: \"team\" is missing: it is one of shop, payments"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of values")]
fn each_bad_value_is_refused_with_its_mend() {
    let bad = [
        (
            "description: 5",
            "\"description\" is 5: expected text: put it in quotes",
        ),
        ("description: \"a\\u0007b\"", "without control characters"),
        ("namespace: 9lives", "expected the prefix of a metric"),
        ("namespace: 'pay ment'", "expected the prefix of a metric"),
        ("convention: otel", "prometheus or opentelemetry"),
        ("targets: ['http://orders:3001']", "host:port without http://"),
        ("targets: ['orders']", "host:port"),
        ("targets: ['orders:99999']", "host:port"),
        ("targets: orders:3001", "expected a list"),
        ("metrics_path: metrics", "starts with '/'"),
        ("clients: perhaps", "true or false"),
        ("databases: [5]", "put it in quotes"),
        ("slos: [{ name: a, objective: 0, window: 30d }]", "nothing is promised"),
        ("slos: [{ name: a, objective: 100, window: 30d }]", "no error budget"),
        (
            "slos: [{ name: a, objective: 0.999, window: 30d }]",
            "was 99.9 % meant?",
        ),
        (
            "slos: [{ name: a, objective: .nan, window: 30d }]",
            "a percentage such as 99.9",
        ),
        (
            "slos: [{ name: a, objective: 99, window: 0s }]",
            "a span of time above zero",
        ),
        (
            "slos: [{ name: a, objective: 99, window: 5m }]",
            "between 1 and 366 days",
        ),
        (
            "slos: [{ name: a, objective: 99, window: 30d, sli: latency }]",
            "\"threshold\" is missing",
        ),
        (
            "slos: [{ name: a, objective: 99, window: 30d, threshold: 1s }]",
            "belongs to `sli: latency`",
        ),
        (
            "slos: [{ name: a, objective: 99, window: 30d, sli: speed }]",
            "availability or latency",
        ),
        (
            "slos: [{ name: a, objective: 99, window: 30d, endpoint: POST /order }]",
            "did you mean \"POST /orders\"?",
        ),
        (
            "slos: [{ name: a, objective: 99, window: 30d, sli: latency, threshold: 1s, endpoint: GET /events }]",
            "a stream has no latency",
        ),
        (
            "slos: [{ name: a, objective: 99, window: 30d }, { name: A, objective: 99, window: 30d }]",
            "expected 1 to 63 lower-case",
        ),
        (
            "slos: [{ name: a, objective: 99, window: 30d }, { name: a, objective: 98, window: 30d }]",
            "a second SLO named \"a\"",
        ),
        (
            "alerts: { standard: { HighErrors: off } }",
            "did you mean \"HighErrorRate\"?",
        ),
        (
            "alerts: { standard: { CacheHitRatioLow: off } }",
            "the service has no caches",
        ),
        ("alerts: { standard: { HighErrorRate: 5 } }", "off, or a map"),
        (
            "alerts: { standard: { HighErrorRate: { below: 5% } } }",
            "compares the other way",
        ),
        (
            "alerts: { standard: { HighErrorRate: { above: 0.05 } } }",
            "a percentage with its sign: 0.05%, or 5% if that was meant",
        ),
        (
            "alerts: { standard: { HighErrorRate: { above: NaN% } } }",
            "a percentage such as 5%",
        ),
        (
            "alerts: { standard: { HighErrorRate: { above: 500% } } }",
            "5 % is 0.05",
        ),
        (
            "alerts: { standard: { HighErrorRate: { clear: 7% } } }",
            "on the bad side",
        ),
        (
            "alerts: { standard: { HighErrorRate: { severity: page } } }",
            "info, warning, critical",
        ),
        (
            "alerts: { standard: { HighErrorRate: { runbook: 'javascript:alert(1)' } } }",
            "starts with https://",
        ),
        (
            "alerts: { standard: { HighErrorRate: { description: '{{ $value' } } }",
            "\"description\" is \"{{ $value\": {{ without its }}",
        ),
        (
            "alerts: { standard: { HighErrorRate: { labels: { severity: page } } } }",
            "label \"severity\"",
        ),
        (
            "alerts: { standard: { ServiceDown: { window: 5m } } }",
            "looks at the moment",
        ),
        (
            "alerts: { standard: { ServiceDown: { min_requests: 5 } } }",
            "not about requests",
        ),
        (
            "alerts: { own: [{ name: Own, condition: { absence: { metric: a } } }] }",
            "\"severity\" is missing",
        ),
        (
            "alerts: { own: [{ name: 'my alert', severity: info, condition: { absence: { metric: a } } }] }",
            "letters, digits",
        ),
        (
            "alerts: { own: [{ name: Own, severity: info, condition: { absense: { metric: a } } }] }",
            "\"absence\"",
        ),
        (
            "alerts: { own: [{ name: Own, severity: info, condition: { absence: { metric: 'a b' } } }] }",
            "name of a metric",
        ),
        (
            "alerts: { own: [{ name: Own, severity: info, condition: { gauge: { metric: a } } }] }",
            "\"above\" or \"below\"",
        ),
        (
            "alerts: { own: [{ name: Own, severity: info, condition: { gauge: { metric: a, above: .inf } } }] }",
            "expected a number",
        ),
        (
            "alerts: { own: [{ name: highlatency, severity: info, condition: { absence: { metric: a } } }] }",
            "a second alert named \"highlatency\"",
        ),
        (
            "alerts: { standard: { HighErrorRate: { window: 400d } } }",
            "reaches back further than the 366 days that are remembered",
        ),
        (
            "alerts: { own: [{ name: Own, severity: info, condition: { rate_change: { before: 366d, below: 50% } } }] }",
            "reaches back further than the 366 days that are remembered",
        ),
        ("databases: [a]\ndatabases: [b]", "\"databases\" is given twice"),
    ];
    for (lines, mend) in bad {
        let told = refused(&with(lines));
        assert!(told.contains(mend), "{lines}\n{told}");
        assert!(
            told.lines().count() == 1 && told.starts_with("obs.yaml:"),
            "{lines}\n{told}"
        );
    }
}

#[test]
fn what_is_no_definition_is_refused() {
    for (text, mend) in [
        ("", "the file is nothing: expected a map"),
        ("- a", "the file is a list: expected a map"),
        ("version: 1", "\"services\" is missing"),
        ("version: 1\nservices: []", "at least one service"),
        ("version: [1", "no valid YAML"),
        (
            "version: 1\nservices: [{ name: a }, { name: a }]",
            "a second service named \"a\"",
        ),
        ("version: 1\nservices: [{ name: A }, { name: B }]", "such as \"b\""),
        (
            "version: 1\nteam: { name: a }\nteams: []\nservices: [{ name: a }]",
            "both \"team\" and \"teams\"",
        ),
        (
            "version: 1\nlinks: { runbooks: wiki }\nservices: [{ name: a }]",
            "a URL that starts with https://",
        ),
        (
            "version: 1\nservices: [{ name: a, endpoints: [GET /, GET /] }]",
            "a second endpoint \"GET /\"",
        ),
        (
            "version: 1\nservices: [{ name: a, endpoints: [get /] }]",
            "methods are CONNECT",
        ),
    ] {
        let told = refused(text);
        assert!(told.contains(mend), "{text:?}: {told}");
    }
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
        let told = refused(&format!(
            "version: 1\nservices: [{{ name: orders, endpoints: ['{bad}'] }}]"
        ));
        assert!(told.contains("such as shop.Orders/Get"), "{bad}: {told}");
    }
}

#[test]
fn templates_are_checked_as_prometheus_does_with_their_place() {
    let bad = [
        (
            "summary: '{{ oops'",
            "13:11: \"summary\" is \"{{ oops\": {{ without its }}",
        ),
        (
            "description: '{{ $value | humanise }}'",
            "13:11: \"description\" is \"{{ $value | humanise }}\": no function",
        ),
        (
            "annotations: { note: '{{ $lables.x }}' }",
            "13:11: \"note\" is \"{{ $lables.x }}\": $lables does not exist",
        ),
        (
            "labels: { height: '{{ $value }}' }",
            "13:11: \"height\" is \"{{ $value }}\": $value in a label",
        ),
        (
            "labels: { kind: '{{ .Lable }}' }",
            "13:11: \"kind\" is \"{{ .Lable }}\": .Lable does not exist",
        ),
    ];
    for (setting, said) in bad {
        let (key, value) = setting.split_once(": ").unwrap();
        let value = value.replacen("'{{", "\n      '{{", 1);
        let told = refused(&with(&format!(
            "alerts:\n  own:\n  - name: Own\n    severity: info\n    condition: {{ gauge: {{ metric: jobs, above: 1 }} }}\n    {key}: {value}"
        )));
        assert!(
            told.starts_with(&format!("obs.yaml:{said}")) && told.lines().count() == 1,
            "{setting}: {told}"
        );
    }
    let of_sum = "alerts: { standard: { HighErrorRate: { summary: '{{ $labels.endpoint }} fails' } } }";
    assert!(refused(&with(of_sum)).contains("$labels.endpoint is always empty: the value is one for all series"));
}

#[test]
fn no_message_tells_of_the_parsers_settings() {
    let bad = [
        (
            "version: 1\nversion: 1",
            "obs.yaml:2:1: \"version\" is given twice: delete one",
        ),
        (
            "version: 1\n---\nversion: 1",
            "obs.yaml:3:1: no valid YAML: a second document begins",
        ),
        ("version: *one", "no valid YAML: an alias (*name)"),
        ("services: [1", "obs.yaml:1:11: no valid YAML: "),
        ("<<: 1\nversion: 1", "obs.yaml:1:"),
        ("? [a, b]\n: 1", "obs.yaml:1:"),
        ("version: !!binary x", "obs.yaml:1:"),
    ];
    for (text, said) in bad {
        let told = refused(text);
        assert!(told.contains(said), "{text:?}: {told}");
        assert!(!told.contains("Options") && !told.contains("olicy"), "{text:?}: {told}");
    }
}

#[test]
fn a_file_that_is_not_there_is_told_by_name() {
    let error = Definition::read("no/such/obs.yaml").unwrap_err();
    assert_eq!(error.to_string(), "no/such/obs.yaml can't be read");
    assert!(error.source().is_some() && error.problems().is_empty());
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
