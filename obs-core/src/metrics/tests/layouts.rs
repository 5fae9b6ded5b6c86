//! RED metrics of clients, under the OpenTelemetry conventions, and with labels of their own.

use super::prelude::*;

fn server(registry: &Registry, options: &RedOptions) -> ServerRed {
    options.validate().unwrap();
    ServerRed::new(&Target::Own(registry.clone()), options)
}

fn client(registry: &Registry, options: &RedOptions) -> ClientRed {
    options.validate().unwrap();
    ClientRed::new(&Target::Own(registry.clone()), options)
}

fn open_telemetry() -> RedOptions {
    RedOptions {
        convention: Convention::OpenTelemetry,
        duration_buckets: vec![1.0],
        ..RedOptions::default()
    }
}

fn tiers() -> RedOptions {
    let tiers = vec!["free".to_owned(), "paid".to_owned()];
    RedOptions {
        labels: vec![("tier".to_owned(), tiers)],
        ..RedOptions::default()
    }
}

// === clients ===

#[test]
fn the_page_of_a_client_is_complete() {
    let registry = Registry::new();
    let red = client(
        &registry,
        &RedOptions {
            duration_buckets: vec![1.0],
            ..RedOptions::default()
        },
    );
    let flight = red.arrive("GET", "api.example", "/users/{id}");
    assert_eq!(flight.target().map(|target| &**target), Some("/users/{id}"));
    flight.record(&red, &measured(200, Outcome::Ok));
    let mut failed = red.arrive("POST", "api.example", "");
    assert_eq!(failed.target(), None);
    failed.record(
        &red,
        &Measured {
            error_type: Some("timeout"),
            ..measured(0, Outcome::ServerError)
        },
    );
    failed.release();
    let to = "method=\"GET\",host=\"api.example\",target=\"/users/{id}\"";
    let post = "method=\"POST\",host=\"api.example\",target=\"\"";
    let expected = format!(
        "\
# HELP http_client_errors_total Outgoing requests that ended in an error, by its type.
# TYPE http_client_errors_total counter
http_client_errors_total{{{post},error_type=\"timeout\"}} 1
# HELP http_client_request_duration_seconds Time from the start of an outgoing request to its answer.
# TYPE http_client_request_duration_seconds histogram
http_client_request_duration_seconds_bucket{{{to},status=\"200\",le=\"1.0\"}} 1
http_client_request_duration_seconds_bucket{{{to},status=\"200\",le=\"+Inf\"}} 1
http_client_request_duration_seconds_sum{{{to},status=\"200\"}} 0.02
http_client_request_duration_seconds_count{{{to},status=\"200\"}} 1
http_client_request_duration_seconds_bucket{{{post},status=\"\",le=\"1.0\"}} 1
http_client_request_duration_seconds_bucket{{{post},status=\"\",le=\"+Inf\"}} 1
http_client_request_duration_seconds_sum{{{post},status=\"\"}} 0.02
http_client_request_duration_seconds_count{{{post},status=\"\"}} 1
# HELP http_client_requests_in_flight Outgoing requests that have not been answered yet.
# TYPE http_client_requests_in_flight gauge
http_client_requests_in_flight{{{to}}} 1
http_client_requests_in_flight{{{post}}} 0
# HELP http_client_requests_total Outgoing requests by outcome.
# TYPE http_client_requests_total counter
http_client_requests_total{{{to},status=\"200\",outcome=\"ok\"}} 1
http_client_requests_total{{{post},status=\"\",outcome=\"server_error\"}} 1
"
    );
    assert_eq!(text(&registry), expected);
    drop(failed);
    drop(flight);
    assert_eq!(total(&checked(&registry), "http_client_requests_in_flight"), 0.0);
}

#[test]
fn hosts_beyond_the_allowed_number_are_other() {
    let registry = Registry::new();
    let red = client(
        &registry,
        &RedOptions {
            max_hosts: 2,
            ..RedOptions::default()
        },
    );
    for host in ["a", "b"] {
        red.arrive("GET", host, "").record(&red, &measured(200, Outcome::Ok));
    }
    for n in 0..1_000 {
        red.arrive("GET", &format!("host-{n}"), "")
            .record(&red, &measured(200, Outcome::Ok));
    }
    red.arrive("GET", "a", "").record(&red, &measured(200, Outcome::Ok));
    let page = checked(&registry);
    let of = |host| {
        let labels = format!("method=\"GET\",host=\"{host}\",target=\"\",status=\"200\",outcome=\"ok\"");
        value(&page, &format!("http_client_requests_total{{{labels}}}"))
    };
    assert_eq!((of("a"), of("b"), of("_OTHER")), (Some(2.0), Some(1.0), Some(1_000.0)));
    assert_eq!(page.matches("\nhttp_client_requests_total{").count(), 3);
}

#[test]
fn a_server_and_a_client_share_a_registry() {
    let registry = Registry::new();
    let (server, client) = (red(&registry), client(&registry, &RedOptions::default()));
    request(&server, "GET", "/a", 200);
    client
        .arrive("GET", "/a", "")
        .record(&client, &measured(200, Outcome::Ok));
    let page = checked(&registry);
    assert_eq!(total(&page, "http_requests_total"), 1.0);
    assert_eq!(total(&page, "http_client_requests_total"), 1.0);
}

// === the OpenTelemetry conventions ===

#[test]
fn the_page_under_the_open_telemetry_conventions_is_complete() {
    let registry = Registry::new();
    let red = server(&registry, &open_telemetry());
    let values = DimensionValues {
        scheme: "https",
        protocol: "2",
        labels: &[],
    };
    let ok = Measured {
        response_bytes: Some(10),
        ..measured(200, Outcome::Ok)
    };
    red.arrive_with("GET", "/a", &values).record(&red, &ok);
    red.arrive_with("GET", "/a", &values)
        .record(&red, &measured(499, Outcome::Cancelled));
    let failed = Measured {
        error_type: Some("500"),
        ..measured(500, Outcome::ServerError)
    };
    red.arrive_with("GET", "/a", &values).record(&red, &failed);
    let in_flight = red.arrive_with("GET", "unmatched", &values);
    in_flight.record(&red, &measured(404, Outcome::ClientError));
    let route = "http_request_method=\"GET\",http_route=\"/a\",url_scheme=\"https\",network_protocol_version=\"2\"";
    let unmatched = route.replace("/a", "");
    let duration = |route: &str, status: &str, error: &str| {
        let labels = format!("{route},http_response_status_code=\"{status}\",error_type=\"{error}\"");
        let name = "http_server_request_duration_seconds";
        format!(
            "{name}_bucket{{{labels},le=\"1.0\"}} 1\n{name}_bucket{{{labels},le=\"+Inf\"}} 1\n\
             {name}_sum{{{labels}}} 0.02\n{name}_count{{{labels}}} 1\n"
        )
    };
    let les = [
        ("100.0", 1),
        ("1000.0", 1),
        ("10000.0", 1),
        ("100000.0", 1),
        ("1e+06", 1),
        ("1e+07", 1),
        ("+Inf", 1),
    ];
    let size = "http_server_response_body_size_bytes";
    let answered = format!("{route},http_response_status_code=\"200\",error_type=\"\"");
    let sizes = les
        .map(|(le, n)| format!("{size}_bucket{{{answered},le=\"{le}\"}} {n}\n"))
        .concat();
    let expected = [
        "# HELP http_server_active_requests Number of active HTTP server requests.\n\
         # TYPE http_server_active_requests gauge\n\
         http_server_active_requests{http_request_method=\"GET\",url_scheme=\"https\"} 0\n\
         http_server_active_requests{http_request_method=\"_OTHER\",url_scheme=\"https\"} 1\n\
         # HELP http_server_request_duration_seconds Duration of HTTP server requests.\n\
         # TYPE http_server_request_duration_seconds histogram\n",
        &duration(route, "200", ""),
        &duration(route, "500", "500"),
        &duration(route, "", ""),
        &duration(&unmatched, "404", ""),
        "# HELP http_server_response_body_size_bytes Size of HTTP server response bodies.\n\
         # TYPE http_server_response_body_size_bytes histogram\n",
        &sizes,
        &format!("{size}_sum{{{answered}}} 10\n{size}_count{{{answered}}} 1\n"),
    ];
    assert_eq!(text(&registry), expected.concat());
    drop(in_flight);
    assert_eq!(total(&checked(&registry), "http_server_active_requests"), 0.0);
}

#[test]
fn a_client_under_the_open_telemetry_conventions_tells_address_and_port() {
    let registry = Registry::new();
    let red = client(&registry, &open_telemetry());
    let values = DimensionValues {
        scheme: "http",
        protocol: "1.1",
        labels: &[],
    };
    let gone = Measured {
        error_type: Some("timeout"),
        ..measured(0, Outcome::ServerError)
    };
    red.arrive_with("GET", ("api.example:8080", "api.example:8080"), "/users/{id}", &values)
        .record(&red, &gone);
    let page = checked(&registry);
    let labels = "http_request_method=\"GET\",server_address=\"api.example\",server_port=\"8080\",\
        url_template=\"/users/{id}\",url_scheme=\"http\",network_protocol_version=\"1.1\",\
        http_response_status_code=\"\",error_type=\"timeout\"";
    assert_eq!(
        value(
            &page,
            &format!("http_client_request_duration_seconds_count{{{labels}}}")
        ),
        Some(1.0),
        "{page}"
    );
    assert!(!page.contains("http_client_requests_total"));
}

#[test]
fn both_conventions_can_stand_on_one_page() {
    let registry = Registry::new();
    let (guide, standard) = (red(&registry), server(&registry, &open_telemetry()));
    for red in [&guide, &standard] {
        request(red, "GET", "/a", 200);
    }
    let page = checked(&registry);
    assert_eq!(total(&page, "http_requests_total"), 1.0);
    assert_eq!(total(&page, "http_server_request_duration_seconds_count"), 1.0);
}

// === labels of their own ===

#[test]
fn own_labels_stand_on_every_metric_of_the_layer() {
    let registry = Registry::new();
    let red = server(&registry, &tiers());
    for tier in ["free", "free", "paid", "made up", ""] {
        let values = DimensionValues {
            labels: &[tier],
            ..DimensionValues::default()
        };
        let failed = Measured {
            error_type: Some("500"),
            response_bytes: Some(1),
            ..measured(500, Outcome::ServerError)
        };
        red.arrive_with("GET", "/a", &values).record(&red, &failed);
    }
    let page = checked(&registry);
    for (tier, count) in [("free", 2.0), ("paid", 1.0), ("_OTHER", 2.0)] {
        let route = format!("method=\"GET\",endpoint=\"/a\",tier=\"{tier}\"");
        let of = |name: &str, rest: &str| value(&page, &format!("{name}{{{route}{rest}}}"));
        assert_eq!(
            of("http_requests_total", ",status=\"500\",outcome=\"server_error\""),
            Some(count),
            "{page}"
        );
        assert_eq!(
            of("http_request_duration_seconds_count", ",status=\"500\""),
            Some(count)
        );
        assert_eq!(of("http_errors_total", ",error_type=\"500\""), Some(count));
        assert_eq!(of("http_response_size_bytes_count", ""), Some(count));
        assert_eq!(of("http_requests_in_flight", ""), Some(0.0));
    }
}

#[test]
fn a_renamed_request_keeps_its_own_labels() {
    let registry = Registry::new();
    let red = server(&registry, &tiers());
    let mut flight = red.arrive_with(
        "GET",
        "/a",
        &DimensionValues {
            labels: &["paid"],
            ..DimensionValues::default()
        },
    );
    flight.rename(&red, "/b");
    flight.record(&red, &measured(200, Outcome::Ok));
    let page = checked(&registry);
    assert!(
        page.contains("http_requests_total{method=\"GET\",endpoint=\"/b\",tier=\"paid\",status=\"200\""),
        "{page}"
    );
}

#[test]
fn layers_with_and_without_own_labels_share_a_page() {
    let registry = Registry::new();
    let (plain, tiered) = (red(&registry), server(&registry, &tiers()));
    request(&plain, "GET", "/a", 200);
    request(&tiered, "GET", "/a", 200);
    let other_values = RedOptions {
        labels: vec![("tier".to_owned(), vec!["free".to_owned()])],
        ..RedOptions::default()
    };
    let refused = server(&registry, &other_values);
    request(&refused, "GET", "/a", 200);
    let page = checked(&registry);
    assert_eq!(total(&page, "http_requests_total"), 2.0);
    assert!(page.contains("http_requests_total{method=\"GET\",endpoint=\"/a\",tier=\"_OTHER\",status=\"200\""));
    assert_eq!(
        value(&page, "obs_metric_clashes_total{metric=\"http_requests_total\"}"),
        Some(1.0)
    );
}

#[test]
fn labels_that_can_not_be_are_refused_when_building() {
    let options = RedOptions {
        labels: vec![("endpoint".to_owned(), Vec::new())],
        ..RedOptions::default()
    };
    let error = options.validate().unwrap_err().to_string();
    assert!(error.contains("endpoint"), "{error}");
}
