//! Series under the names of the conventions.

use std::collections::{BTreeMap, BTreeSet};

use obs_core::{Obs, metrics::Convention};
use obs_reqwest::{ObsClientMiddleware, reqwest_middleware::ClientBuilder};
use obs_tests::{net::get, page::Page};

use crate::{
    exchange::{Exchange, TRAFFIC},
    program::{FRAMEWORKS, Server},
    wire::Wire,
};

/// The labels of each series of a histogram. An empty label is none to Prometheus.
fn series(page: &Page, name: &str) -> BTreeSet<BTreeMap<String, String>> {
    let count = format!("{name}_count");
    let samples = page.samples(&count, &[]);
    samples
        .map(|sample| {
            sample
                .labels
                .iter()
                .filter(|(_, value)| !value.is_empty())
                .cloned()
                .collect()
        })
        .collect()
}

fn labels<'a>(of: impl IntoIterator<Item = (&'static str, &'a str)>) -> BTreeMap<String, String> {
    of.into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The labels of a server's duration
/// ([HTTP metrics](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration)).
fn of_server(exchange: &Exchange, wire: Wire) -> BTreeMap<String, String> {
    let status = exchange.status.to_string();
    let mut of = vec![
        ("http_request_method", exchange.method),
        ("url_scheme", "http"),
        ("http_response_status_code", &status),
        ("http_route", exchange.route),
        ("network_protocol_version", wire.version()),
    ];
    if exchange.status >= 500 {
        of.push(("error_type", &status));
    }
    labels(of)
}

/// The labels of a client's duration
/// ([HTTP metrics](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration)).
/// The scheme is one of those that may be added.
fn of_client(exchange: &Exchange, wire: Wire, port: &str) -> BTreeMap<String, String> {
    let status = exchange.status.to_string();
    let mut of = vec![
        ("http_request_method", exchange.method),
        ("server_address", "127.0.0.1"),
        ("server_port", port),
        ("http_response_status_code", &status),
        ("network_protocol_version", wire.version()),
        ("url_scheme", "http"),
    ];
    if exchange.status >= 400 {
        of.push(("error_type", &status));
    }
    labels(of)
}

#[test]
fn server_series_have_the_attributes_of_the_conventions_and_no_others() {
    for framework in FRAMEWORKS {
        let server = Server::start(&[framework, "--convention", "opentelemetry"], None);
        for wire in Wire::ALL {
            wire.send(server.addr, &TRAFFIC);
        }
        let page = get(server.addr, "/metrics");
        let page = Page::parse(page.text()).unwrap_or_else(|error| panic!("{framework}: {error}"));
        let wanted: BTreeSet<_> = Wire::ALL
            .into_iter()
            .flat_map(|wire| TRAFFIC.iter().map(move |exchange| of_server(exchange, wire)))
            .collect();
        assert_eq!(
            series(&page, "http_server_request_duration_seconds"),
            wanted,
            "{framework}"
        );
        server.end();
    }
}

#[tokio::test]
async fn client_series_have_the_attributes_of_the_conventions_and_no_others() {
    let server = Server::start(&["axum"], None);
    let obs = Obs::builder("test")
        .log_writer(std::io::sink())
        .build()
        .expect("valid settings");
    let middleware = ObsClientMiddleware::new()
        .obs(&obs)
        .convention(Convention::OpenTelemetry);
    for wire in Wire::ALL {
        let http = match wire {
            Wire::H1 => reqwest::Client::builder(),
            Wire::H2 => reqwest::Client::builder().http2_prior_knowledge(),
        };
        let http = ClientBuilder::new(http.no_proxy().build().unwrap())
            .with(middleware.clone())
            .build();
        for exchange in &TRAFFIC {
            let method = exchange.method.parse().unwrap();
            let url = format!("http://{}{}", server.addr, exchange.target());
            let response = http.request(method, url).body(exchange.body).send().await.unwrap();
            assert_eq!(response.text().await.unwrap(), exchange.answer);
        }
    }
    let page = obs_tests::page::text_of(obs.registry());
    let page = Page::parse(&page).unwrap_or_else(|error| panic!("{error}"));
    let port = server.addr.port().to_string();
    let wanted: BTreeSet<_> = Wire::ALL
        .into_iter()
        .flat_map(|wire| {
            TRAFFIC
                .iter()
                .map(|exchange| of_client(exchange, wire, &port))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(series(&page, "http_client_request_duration_seconds"), wanted);
}
