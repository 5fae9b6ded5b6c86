//! Files that are refused, and what is said of them.

use std::error::Error as _;

use super::super::Definition;

use super::{parse, refused, with};

#[test]
fn what_an_alert_lacks_is_messages_with_its_place() {
    let definition = parse(&with(
        "alerts:
  standard: off
  own: [{ name: Own, severity: info, summary: Jobs wait, condition: { gauge: { metric: jobs, above: 1 } } }]",
    ));
    let messages: Vec<String> = definition.defects().iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), 3, "{messages:#?}");
    assert!(
        messages[0].starts_with("obs.yaml:9:13: alert \"Own\" of \"orders\" has no description: "),
        "{}",
        messages[0]
    );
}

#[test]
fn all_problems_are_messages_at_once_in_the_order_of_the_file() {
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
fn each_bad_value_is_refused_with_its_fix() {
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
            "on the wrong side",
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
            "reaches back further than the 366 days that the history can hold",
        ),
        (
            "alerts: { own: [{ name: Own, severity: info, condition: { rate_change: { before: 366d, below: 50% } } }] }",
            "reaches back further than the 366 days that the history can hold",
        ),
        ("databases: [a]\ndatabases: [b]", "\"databases\" is given twice"),
    ];
    for (lines, fix) in bad {
        let messages = refused(&with(lines));
        assert!(messages.contains(fix), "{lines}\n{messages}");
        assert!(
            messages.lines().count() == 1 && messages.starts_with("obs.yaml:"),
            "{lines}\n{messages}"
        );
    }
}

#[test]
fn what_is_no_definition_is_refused() {
    for (text, fix) in [
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
        let messages = refused(text);
        assert!(messages.contains(fix), "{text:?}: {messages}");
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
        let messages = refused(&with(&format!(
            "alerts:\n  own:\n  - name: Own\n    severity: info\n    condition: {{ gauge: {{ metric: jobs, above: 1 }} }}\n    {key}: {value}"
        )));
        assert!(
            messages.starts_with(&format!("obs.yaml:{said}")) && messages.lines().count() == 1,
            "{setting}: {messages}"
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
        let messages = refused(text);
        assert!(messages.contains(said), "{text:?}: {messages}");
        assert!(
            !messages.contains("Options") && !messages.contains("olicy"),
            "{text:?}: {messages}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_messages_by_name() {
    let error = Definition::read("no/such/obs.yaml").unwrap_err();
    assert_eq!(error.to_string(), "no/such/obs.yaml can't be read");
    assert!(error.source().is_some() && error.problems().is_empty());
}
