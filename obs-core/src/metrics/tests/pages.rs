//! Whole pages.

use super::prelude::*;

#[test]
fn the_text_page_is_complete() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        describe_counter!("orders", "Orders \\ by\nstatus.");
        counter!("orders", "status" => "paid\"\\\n").increment(3);
        describe_gauge!("queue", Unit::Bytes, "Bytes that wait.");
        gauge!("queue").set(1.5);
        histogram!("wait.seconds", "kind" => "a").record(0.3);
        histogram!("wait.seconds", "kind" => "a").record(20.0);
    });
    registry.set_target_info(&[("service.name".to_owned(), "shop".to_owned())]);
    let expected = "\
# HELP orders_total Orders \\\\ by\\nstatus.
# TYPE orders_total counter
orders_total{status=\"paid\\\"\\\\\\n\"} 3
# HELP queue_bytes Bytes that wait.
# TYPE queue_bytes gauge
queue_bytes 1.5
# HELP target_info Constant 1 with the resource attributes of the service.
# TYPE target_info gauge
target_info{service_name=\"shop\"} 1
# HELP wait_seconds A metric of the application without a description.
# TYPE wait_seconds histogram
wait_seconds_bucket{kind=\"a\",le=\"0.005\"} 0
wait_seconds_bucket{kind=\"a\",le=\"0.01\"} 0
wait_seconds_bucket{kind=\"a\",le=\"0.025\"} 0
wait_seconds_bucket{kind=\"a\",le=\"0.05\"} 0
wait_seconds_bucket{kind=\"a\",le=\"0.075\"} 0
wait_seconds_bucket{kind=\"a\",le=\"0.1\"} 0
wait_seconds_bucket{kind=\"a\",le=\"0.25\"} 0
wait_seconds_bucket{kind=\"a\",le=\"0.5\"} 1
wait_seconds_bucket{kind=\"a\",le=\"0.75\"} 1
wait_seconds_bucket{kind=\"a\",le=\"1.0\"} 1
wait_seconds_bucket{kind=\"a\",le=\"2.5\"} 1
wait_seconds_bucket{kind=\"a\",le=\"5.0\"} 1
wait_seconds_bucket{kind=\"a\",le=\"7.5\"} 1
wait_seconds_bucket{kind=\"a\",le=\"10.0\"} 1
wait_seconds_bucket{kind=\"a\",le=\"+Inf\"} 2
wait_seconds_sum{kind=\"a\"} 20.3
wait_seconds_count{kind=\"a\"} 2
";
    assert_eq!(text(&registry), expected);
}

#[test]
fn the_open_metrics_page_is_complete() {
    let registry = Registry::builder().buckets("wait_seconds", [0.5, 1.0]).build().unwrap();
    with_local_recorder(&registry, || {
        describe_counter!("orders_total", "Orders, \"paid\".");
        counter!("orders_total").increment(3);
        describe_histogram!("wait", Unit::Seconds, "Time that orders wait.");
        histogram!("wait").record(0.75);
    });
    registry.set_target_info(&[("service.name".to_owned(), "shop".to_owned())]);
    let expected = "\
# HELP orders Orders, \\\"paid\\\".
# TYPE orders counter
orders_total 3
# HELP target Constant 1 with the resource attributes of the service.
# TYPE target info
target_info{service_name=\"shop\"} 1
# HELP wait_seconds Time that orders wait.
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_bucket{le=\"0.5\"} 0
wait_seconds_bucket{le=\"1.0\"} 1
wait_seconds_bucket{le=\"+Inf\"} 1
wait_seconds_sum 0.75
wait_seconds_count 1
# EOF
";
    assert_eq!(page(&registry, Format::OpenMetrics), expected);
}

#[test]
fn the_red_page_is_complete() {
    let registry = Registry::new();
    let options = RedOptions {
        duration_buckets: vec![0.01, 0.1],
        ..RedOptions::default()
    };
    let red = ServerRed::new(&Target::Own(registry.clone()), &options);
    let flight = red.arrive("GET", "/users/{id}");
    let ok = Measured {
        request_bytes: Some(0),
        response_bytes: Some(1500),
        ..measured(200, Outcome::Ok)
    };
    flight.record(&red, &ok);
    drop(flight);
    let flight = red.arrive("GET", "/users/{id}");
    flight.record(&red, &measured(200, Outcome::Aborted));
    let panicked = Measured {
        error_type: Some("panic"),
        ..measured(500, Outcome::Panic)
    };
    red.arrive("GET", "/users/{id}").record(&red, &panicked);
    let route = "method=\"GET\",endpoint=\"/users/{id}\"";
    let sizes = |name: &str, counts: [u8; 7], sum: u32| {
        let les = ["100.0", "1000.0", "10000.0", "100000.0", "1e+06", "1e+07", "+Inf"];
        let lines = les
            .iter()
            .zip(counts)
            .map(|(le, n)| format!("{name}_bucket{{{route},le=\"{le}\"}} {n}\n"));
        lines.collect::<String>() + &format!("{name}_sum{{{route}}} {sum}\n{name}_count{{{route}}} 1\n")
    };
    let expected = format!(
        "\
# HELP http_concurrent_requests_max Most requests in flight at once within the last 60 seconds.
# TYPE http_concurrent_requests_max gauge
http_concurrent_requests_max{{{route}}} 2
# HELP http_errors_total Requests that ended in an error, by its type.
# TYPE http_errors_total counter
http_errors_total{{{route},error_type=\"panic\"}} 1
# HELP http_request_duration_seconds Time from the arrival of a request to the last byte of its answer.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{{{route},status=\"200\",le=\"0.01\"}} 0
http_request_duration_seconds_bucket{{{route},status=\"200\",le=\"0.1\"}} 2
http_request_duration_seconds_bucket{{{route},status=\"200\",le=\"+Inf\"}} 2
http_request_duration_seconds_sum{{{route},status=\"200\"}} 0.04
http_request_duration_seconds_count{{{route},status=\"200\"}} 2
http_request_duration_seconds_bucket{{{route},status=\"500\",le=\"0.01\"}} 0
http_request_duration_seconds_bucket{{{route},status=\"500\",le=\"0.1\"}} 1
http_request_duration_seconds_bucket{{{route},status=\"500\",le=\"+Inf\"}} 1
http_request_duration_seconds_sum{{{route},status=\"500\"}} 0.02
http_request_duration_seconds_count{{{route},status=\"500\"}} 1
# HELP http_request_size_bytes Bytes of request bodies.
# TYPE http_request_size_bytes histogram
{}\
# HELP http_requests_in_flight Requests that have arrived and not ended.
# TYPE http_requests_in_flight gauge
http_requests_in_flight{{{route}}} 1
# HELP http_requests_total Requests by outcome.
# TYPE http_requests_total counter
http_requests_total{{{route},status=\"200\",outcome=\"aborted\"}} 1
http_requests_total{{{route},status=\"200\",outcome=\"ok\"}} 1
http_requests_total{{{route},status=\"500\",outcome=\"panic\"}} 1
# HELP http_response_size_bytes Bytes of response bodies.
# TYPE http_response_size_bytes histogram
{}",
        sizes("http_request_size_bytes", [1; 7], 0),
        sizes("http_response_size_bytes", [0, 0, 1, 1, 1, 1, 1], 1500),
    );
    assert_eq!(text(&registry), expected);
    drop(flight);
    assert!(checked(&registry).contains(&format!("http_requests_in_flight{{{route}}} 0\n")));
}

#[test]
fn exemplars_stand_on_the_open_metrics_page_only() {
    let registry = Registry::new();
    let red = red(&registry);
    let ids = (TraceId::new(0xabc).unwrap(), SpanId::new(0xdef).unwrap());
    let failed = Measured {
        exemplar: Some(ids),
        error_type: Some("500"),
        ..measured(500, Outcome::ServerError)
    };
    red.arrive("GET", "/a").record(&red, &failed);
    let open = page(&registry, Format::OpenMetrics);
    let exemplar = format!(" # {{trace_id=\"{}\",span_id=\"{}\"}} ", ids.0, ids.1);
    let line = |start: &str| open.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let bucket = "http_request_duration_seconds_bucket{method=\"GET\",endpoint=\"/a\",status=\"500\"";
    assert!(line(&format!("{bucket},le=\"0.025\"}} 1")).contains(&format!("{exemplar}0.02 ")));
    assert!(!line(&format!("{bucket},le=\"0.05\"}} 1")).contains('#'));
    assert!(line("http_errors_total{").contains(&format!("{exemplar}1 ")));
    parser::parse(&String::from_utf8(registry.render(Format::OpenMetrics)).unwrap(), true).unwrap();
    assert!(!text(&registry).contains("trace_id"));
}

#[test]
fn what_an_application_records_inside_a_sampled_request_has_an_exemplar() {
    let registry = Registry::new();
    let trace = crate::context::run_new(|| {
        with_local_recorder(&registry, || {
            histogram!("work_seconds").record(0.01);
            counter!("jobs_total").increment(2);
        });
        crate::context::current().unwrap().trace_id().to_string()
    });
    let open = page(&registry, Format::OpenMetrics);
    assert_eq!(open.matches(&trace).count(), 2, "{open}");
    assert!(open.contains("jobs_total 2 # {trace_id="));
}
