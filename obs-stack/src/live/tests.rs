use obs_rules::{definition::Definition, promql::Selector};

use super::{Page, absent, drift::Requirement};

#[test]
fn the_labels_that_an_expression_selects_are_required() {
    let buckets = Selector::new("a_bucket");
    let quick = buckets.clone().with("le", "0.25").with("job", "x");
    let others = buckets.matching("le", ".*").without("b", "c");
    let found = [quick, others].map(|selector| Requirement::of(&selector));
    let of = |labels: &[(&str, &str)]| Requirement {
        metric: "a_bucket".to_owned(),
        labels: labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    };
    assert_eq!(found, [of(&[("job", "x"), ("le", "0.25")]), of(&[])]);
}

/// What is missing on a page, as messages.
fn missing(definition: &str, page: &str) -> Vec<String> {
    let definition = Definition::parse(definition, "obs.yaml").unwrap();
    let absent = absent(&definition, &definition.services[0], &Page::parse(page));
    absent
        .iter()
        .map(ToString::to_string)
        .filter(|messages| !messages.contains("is not on the page"))
        .collect()
}

#[test]
fn a_metric_under_another_namespace_or_convention_is_named() {
    let prometheus = |namespace: &str| {
        format!(
            "# TYPE {namespace}_requests_total counter\n# TYPE {namespace}_request_duration_seconds histogram\n\
             # TYPE {namespace}_client_requests_total counter\n"
        )
    };
    let open_telemetry = "# TYPE http_server_request_duration_seconds histogram\n".to_owned();
    // The application's own counter is none of the layer's.
    let own = "# TYPE work_requests_total counter\n";
    let cases = [
        (
            "namespace: payment",
            prometheus("http") + own,
            "payment_requests_total",
            Some(("http_requests_total", "namespace: http")),
        ),
        (
            "namespace: payment",
            open_telemetry,
            "payment_request_duration_seconds_bucket",
            Some((
                "http_server_request_duration_seconds_bucket",
                "convention: opentelemetry",
            )),
        ),
        (
            "convention: opentelemetry",
            prometheus("shop"),
            "http_server_request_duration_seconds_count",
            Some(("shop_requests_total", "convention: prometheus")),
        ),
        ("namespace: payment", own.to_owned(), "payment_requests_total", None),
    ];
    for (setting, page, missing, found) in cases {
        let text = format!("version: 1\nservices: [{{ name: orders, {setting} }}]");
        let definition = Definition::parse(&text, "obs.yaml").unwrap();
        let absent = absent(&definition, &definition.services[0], &Page::parse(&page));
        let start = format!("{missing} is not on the page");
        let texts: Vec<_> = absent.iter().map(ToString::to_string).collect();
        let text = texts.iter().find(|text| text.starts_with(&start)).unwrap();
        match found {
            Some((metric, fix)) => assert!(text.contains(&format!("; {metric} is: set `{fix}`")), "{text}"),
            None => assert!(!text.contains(" is: set"), "{text}"),
        }
    }
}

const DEFINITION: &str = "
version: 1
services:
  - name: orders
    endpoints: [POST /shop.Orders/Get, GET /orders]
    slos:
      - { name: get, objective: 99, window: 30d, endpoint: /shop.Orders/Get }
      - { name: list, objective: 99, window: 30d, endpoint: GET /orders }
    alerts:
      standard: off
      own:
        - name: Mails
          severity: info
          condition: { gauge: { metric: jobs, labels: { kind: mail, \"odd\": 'a\"b' }, above: 1 } }
        - name: Refused
          severity: info
          condition: { increase: { metric: http_requests_total, labels: { status: '403', outcome: ok }, above: 1 } }
        - name: Broken
          severity: info
          condition: { increase: { metric: http_requests_total, labels: { status: 5xx, outcome: failed }, above: 1 } }
";

#[test]
fn missing_label_values_are_named_with_the_existing_ones() {
    let page = "http_requests_total{method=\"POST\",endpoint=\"shop.Orders/Get\",status=\"200\",outcome=\"ok\"} 1\n\
                http_requests_total{method=\"POST\",endpoint=\"/orders\",status=\"200\",outcome=\"ok\"} 1\n\
                jobs{kind=\"post\",odd=\"a\\\"b\"} 1\n";
    let messages = missing(DEFINITION, page);
    let expected = [
        "http_requests_total has no outcome=\"failed\" on the page",
        "http_requests_total has no status=\"5xx\" on the page",
        "http_requests_total has no method=\"GET\" on the page, but the rule slo:sli_bad_requests:rate5m reads it (there are POST)",
        "jobs has no kind=\"mail\" on the page, but the rule Mails reads it (there are post)",
    ];
    for said in expected {
        assert!(
            messages.iter().any(|messages| messages.starts_with(said)),
            "{said}: {messages:#?}"
        );
    }
    // A valid status or outcome can appear later.
    assert!(
        !messages
            .iter()
            .any(|messages| messages.contains("403") || messages.contains("shop.Orders")),
        "{messages:#?}"
    );
}

#[test]
fn values_that_no_series_has_together_are_named_together() {
    let page = "http_requests_total{method=\"POST\",endpoint=\"shop.Orders/Get\"} 1\n\
                http_requests_total{method=\"GET\",endpoint=\"/orders/{id}\"} 1\n\
                http_requests_total{method=\"POST\",endpoint=\"/orders\"} 1\n\
                jobs{kind=\"mail\",odd=\"a\\\"b\"} 1\n";
    let messages = missing(DEFINITION, page);
    assert!(
        messages
            .iter()
            .any(|messages| messages.contains("no series with endpoint=\"/orders\" and method=\"GET\"")),
        "{messages:#?}"
    );
    assert!(
        !messages.iter().any(|messages| messages.starts_with("jobs")),
        "{messages:#?}"
    );
}

#[test]
fn a_page_has_its_metrics_and_buckets() {
    let page = Page::parse(
        "# HELP a A.\n# TYPE a histogram\na_bucket{x=\"y\",le=\"0.5\"} 1\na_bucket{x=\"y\",le=\"+Inf\"} 1\na_sum 2\na_count 1\n\
         # TYPE b_total counter\n# TYPE c histogram\nd 1 1700000000\n\n",
    );
    for name in ["a_bucket", "a_sum", "a_count", "b_total", "c_bucket", "d"] {
        assert!(page.has(name), "{name}");
    }
    assert!(!page.has("e"));
    assert!(page.has_bucket("a_bucket", "0.5") && !page.has_bucket("a_bucket", "0.25"));
    assert!(
        page.has_bucket("c_bucket", "0.25"),
        "a histogram without series has no buckets yet"
    );
    assert_eq!(page.buckets("a_bucket"), ["0.5", "+Inf"]);
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_parsed_as_a_page(text in "[ -~\n]{0,80}") {
        let _ = Page::parse(&text);
    }
}
