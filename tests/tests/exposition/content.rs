//! What the page shows.

use obs_tests::page::Format;

use super::{NASTY, Service};

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
