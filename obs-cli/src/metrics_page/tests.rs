//! The pages of several libraries.

use std::time::{Duration, Instant};

use super::*;
use crate::model::EndpointRow;

fn rows(before: &str, after: &str) -> Vec<EndpointRow> {
    let start = Instant::now();
    between(
        &Page::parse(before, start),
        &Page::parse(after, start + Duration::from_secs(10)),
    )
}

fn shown(rows: &[EndpointRow]) -> Vec<String> {
    let text = |row: &EndpointRow| {
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
        format!(
            "{} {} rate {} errors {} p50 {} running {}",
            row.method,
            row.endpoint,
            number(row.rate),
            number(row.error_ratio),
            number(row.p50),
            number(row.in_flight)
        )
    };
    rows.iter().map(text).collect()
}

#[test]
fn the_semantic_conventions_are_read() {
    let page = |ok: u32, failed: u32| {
        let all = ok + failed;
        format!(
            "# TYPE http_server_request_duration_seconds histogram
http_server_request_duration_seconds_bucket{{http_request_method=\"GET\",http_route=\"/a/{{id}}\",http_response_status_code=\"200\",le=\"0.1\"}} {ok}
http_server_request_duration_seconds_bucket{{http_request_method=\"GET\",http_route=\"/a/{{id}}\",http_response_status_code=\"200\",le=\"+Inf\"}} {ok}
http_server_request_duration_seconds_count{{http_request_method=\"GET\",http_route=\"/a/{{id}}\",http_response_status_code=\"200\"}} {ok}
http_server_request_duration_seconds_count{{http_request_method=\"GET\",http_route=\"/a/{{id}}\",http_response_status_code=\"503\"}} {failed}
http_server_active_requests{{http_request_method=\"GET\",http_route=\"/a/{{id}}\"}} 3
http_client_request_duration_seconds_count{{http_request_method=\"GET\"}} {all}
"
        )
    };
    assert_eq!(
        shown(&rows(&page(100, 0), &page(190, 10))),
        ["GET /a/{id} rate 10.00 errors 0.10 p50 0.05 running 3.00"]
    );
}

#[test]
fn the_metrics_of_spring_and_of_axum_prometheus_are_read() {
    let spring = |n: u32| {
        format!(
            "http_server_requests_seconds_count{{exception=\"None\",method=\"POST\",outcome=\"SUCCESS\",status=\"201\",uri=\"/b\",}} {n}\nhttp_server_requests_seconds_max{{uri=\"/b\"}} 9\n"
        )
    };
    assert_eq!(
        shown(&rows(&spring(5), &spring(25))),
        ["POST /b rate 2.00 errors 0.00 p50 - running -"]
    );
    let axum = |n: u32| {
        format!(
            "axum_http_requests_duration_seconds_count{{method=\"GET\",status=\"500\",endpoint=\"/c\"}} {n}\naxum_http_requests_pending{{method=\"GET\",endpoint=\"/c\"}} 1\n"
        )
    };
    assert_eq!(
        shown(&rows(&axum(0), &axum(10))),
        ["GET /c rate 1.00 errors 1.00 p50 - running 1.00"]
    );
}

#[test]
fn errors_that_are_counted_elsewhere_are_found() {
    let page = |n: u32| {
        format!(
            "prometheus_http_request_duration_seconds_count{{handler=\"/api/v1/query\"}} {n}\nprometheus_http_requests_total{{code=\"500\",handler=\"/api/v1/query\"}} {n}\nprometheus_http_response_size_bytes_count{{handler=\"/api/v1/query\"}} {n}\n"
        )
    };
    assert_eq!(
        shown(&rows(&page(0), &page(20))),
        [" /api/v1/query rate 2.00 errors 1.00 p50 - running -"]
    );
}

#[test]
fn a_counter_that_went_back_has_begun_anew() {
    let page = |n: u32| format!("http_requests_total{{method=\"GET\",path=\"/\",code=\"200\"}} {n}\n");
    assert_eq!(
        shown(&rows(&page(1_000), &page(30)))[0],
        "GET / rate 3.00 errors 0.00 p50 - running -"
    );
}

#[test]
fn pages_without_requests_and_broken_lines_are_no_rows() {
    for text in [
        "",
        "up 1\n",
        "http_requests_total{method=\"GET\" 1\n",
        "http_requests_total{method=\"GET\\\n",
        "http_requests_total\n",
        "http_requests_total x\n",
        "http_request\u{0} 1",
    ] {
        assert!(rows(text, text).is_empty(), "{text:?}");
    }
}

#[test]
fn quoted_labels_are_read_as_they_were() {
    let text = "http_requests_total{path=\"/a\\\"b\\\\c,d}\",code=\"200\"} 10 1700000000000\n";
    assert_eq!(
        shown(&rows("", text))[0],
        " /a\"b\\c,d} rate 1.00 errors 0.00 p50 - running -"
    );
    assert_eq!(
        Page::service("# x\ntarget_info{service_name=\"shop\",service_version=\"1\"} 1\n").as_deref(),
        Some("shop")
    );
}
