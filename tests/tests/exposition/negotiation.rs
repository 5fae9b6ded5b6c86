//! Formats, methods, and which requests the page records.

use obs_tests::{
    DEADLINE,
    net::{self, H1Client},
    page::Page,
};

use super::{Compose, OPEN_METRICS, PROTOBUF, Service, TEXT};

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
