//! Metrics as they are pushed by OTLP.

use std::collections::BTreeMap;

use obs_tests::{
    net::get,
    otlp::{ReceivedMetric, Receiver},
    page::Page,
};

use crate::{
    exchange::{Exchange, TRAFFIC},
    expected::Attributes,
    program::{FRAMEWORKS, Server, run_client},
    wire::Wire,
};

/// The bounds that the conventions advise for durations, in seconds.
const BOUNDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// An instrument of the [registry](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/model/http/metrics.yaml).
struct Instrument {
    name: &'static str,
    unit: &'static str,
    brief: &'static str,
    kind: &'static str,
    is_stable: bool,
}

const SERVER: [Instrument; 4] = [
    Instrument {
        name: "http.server.request.duration",
        unit: "s",
        brief: "Duration of HTTP server requests.",
        kind: "histogram",
        is_stable: true,
    },
    Instrument {
        name: "http.server.active_requests",
        unit: "{request}",
        brief: "Number of active HTTP server requests.",
        kind: "up-down sum",
        is_stable: false,
    },
    Instrument {
        name: "http.server.request.body.size",
        unit: "By",
        brief: "Size of HTTP server request bodies.",
        kind: "histogram",
        is_stable: false,
    },
    Instrument {
        name: "http.server.response.body.size",
        unit: "By",
        brief: "Size of HTTP server response bodies.",
        kind: "histogram",
        is_stable: false,
    },
];

const CLIENT: [Instrument; 2] = [
    Instrument {
        name: "http.client.request.duration",
        unit: "s",
        brief: "Duration of HTTP client requests.",
        kind: "histogram",
        is_stable: true,
    },
    Instrument {
        name: "http.client.active_requests",
        unit: "{request}",
        brief: "Number of active HTTP requests.",
        kind: "up-down sum",
        is_stable: false,
    },
];

/// Each set of attributes of a histogram and how often it was seen.
type Counts = BTreeMap<BTreeMap<String, String>, u64>;

/// The attributes of a server's duration and body sizes
/// ([HTTP metrics](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration)).
fn of_server(exchange: &Exchange, wire: Wire) -> BTreeMap<String, String> {
    let Exchange {
        method, route, status, ..
    } = *exchange;
    Attributes::default()
        // Required.
        .text("http.request.method", method)
        .text("url.scheme", "http")
        // Required where they apply.
        .text_if("error.type", (status >= 500).then(|| status.to_string()))
        .int("http.response.status_code", status)
        .text("http.route", route)
        // Recommended.
        .text("network.protocol.version", wire.version())
        .done()
}

/// The attributes of a client's duration
/// ([HTTP metrics](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration)).
/// The scheme is one of those that may be added.
fn of_client(exchange: &Exchange, wire: Wire, port: u16) -> BTreeMap<String, String> {
    let Exchange { method, status, .. } = *exchange;
    Attributes::default()
        // Required.
        .text("http.request.method", method)
        .text("server.address", "127.0.0.1")
        .int("server.port", port)
        // Required where they apply.
        .text_if("error.type", (status >= 400).then(|| status.to_string()))
        .int("http.response.status_code", status)
        // Recommended.
        .text("network.protocol.version", wire.version())
        // On demand.
        .text("url.scheme", "http")
        .done()
}

fn expected(traffic: impl Iterator<Item = BTreeMap<String, String>>) -> Counts {
    traffic.fold(Counts::new(), |mut counts, attributes| {
        *counts.entry(attributes).or_default() += 1;
        counts
    })
}

#[track_caller]
fn counts(metric: &ReceivedMetric) -> Counts {
    metric
        .attributes()
        .into_iter()
        .zip(metric.histograms().iter().map(|point| point.count))
        .collect()
}

/// Everything in the last push is an instrument of the registry, as it stands there, and the other
/// way round.
#[track_caller]
fn check_instruments(push: &[ReceivedMetric], instruments: &[Instrument], opt_in: bool) {
    let wanted: Vec<_> = instruments
        .iter()
        .filter(|instrument| opt_in || instrument.is_stable)
        .map(
            |Instrument {
                 name,
                 unit,
                 brief,
                 kind,
                 ..
             }| (*name, *unit, *brief, *kind),
        )
        .collect();
    let seen: Vec<_> = push
        .iter()
        .map(|metric| {
            (
                metric.name(),
                &*metric.metric.unit,
                &*metric.metric.description,
                metric.kind(),
            )
        })
        .collect();
    assert_eq!(seen, wanted);
}

/// The last push of a receiver.
#[track_caller]
fn last_push(receiver: &Receiver) -> Vec<ReceivedMetric> {
    receiver.metrics().pop().expect("a push")
}

#[track_caller]
fn named<'a>(push: &'a [ReceivedMetric], name: &str) -> &'a ReceivedMetric {
    push.iter().find(|metric| metric.name() == name).expect("the metric")
}

#[test]
fn server_metrics_have_the_attributes_of_the_conventions_and_no_others() {
    for framework in FRAMEWORKS {
        let receiver = Receiver::start();
        let server = Server::start(&[framework], Some(&receiver));
        for wire in Wire::ALL {
            wire.send(server.addr, &TRAFFIC);
        }
        let page = get(server.addr, "/metrics");
        let page = Page::parse(page.text()).unwrap_or_else(|error| panic!("{framework}: {error}"));
        assert!(
            page.value("http_requests_total", &[("endpoint", "/items")]).is_some(),
            "the page has its own names"
        );
        server.end();
        let push = last_push(&receiver);
        check_instruments(&push, &SERVER, false);
        let traffic = Wire::ALL
            .into_iter()
            .flat_map(|wire| TRAFFIC.iter().map(move |one| of_server(one, wire)));
        let duration = named(&push, SERVER[0].name);
        assert_eq!(counts(duration), expected(traffic), "{framework}");
        assert!(
            duration
                .histograms()
                .iter()
                .all(|point| point.explicit_bounds == BOUNDS),
            "{duration:#?}"
        );
        assert_eq!(
            duration.resource("service.name"),
            Some(&*format!("conformance-{framework}"))
        );
    }
}

#[test]
fn client_metrics_have_the_attributes_of_the_conventions_and_no_others() {
    let server = Server::start(&["axum"], None);
    for (wire, args) in [(Wire::H1, &[][..]), (Wire::H2, &["--http2"])] {
        let receiver = Receiver::start();
        run_client(args, server.addr, &receiver);
        let push = last_push(&receiver);
        check_instruments(&push, &CLIENT, false);
        let traffic = TRAFFIC
            .iter()
            .map(|exchange| of_client(exchange, wire, server.addr.port()));
        assert_eq!(counts(named(&push, CLIENT[0].name)), expected(traffic), "{wire:?}");
    }
    server.end();
}

#[test]
fn what_the_conventions_leave_to_choice_is_as_they_say() {
    for framework in FRAMEWORKS {
        let receiver = Receiver::start();
        let server = Server::start(&[framework, "--opt-in-metrics"], Some(&receiver));
        Wire::H1.send(server.addr, &TRAFFIC);
        server.end();
        let push = last_push(&receiver);
        check_instruments(&push, &SERVER, true);
        let traffic = || expected(TRAFFIC.iter().map(|exchange| of_server(exchange, Wire::H1)));
        assert_eq!(counts(named(&push, SERVER[2].name)), traffic(), "{framework}");
        assert_eq!(counts(named(&push, SERVER[3].name)), traffic(), "{framework}");
        let methods = |method| {
            Attributes::default()
                .text("http.request.method", method)
                .text("url.scheme", "http")
        };
        let active = named(&push, SERVER[1].name);
        let mut seen = active.attributes();
        seen.sort();
        assert_eq!(
            seen,
            ["GET", "POST"].map(|method| methods(method).done()),
            "{framework}"
        );
    }
    let receiver = Receiver::start();
    let server = Server::start(&["axum"], None);
    run_client(&["--opt-in-metrics"], server.addr, &receiver);
    check_instruments(&last_push(&receiver), &CLIENT, true);
    server.end();
}

#[test]
fn spans_go_alone_where_the_environment_says_so() {
    let receiver = Receiver::start();
    let server = Server::start_with(&["axum"], Some(&receiver), &[("OTEL_METRICS_EXPORTER", "none")]);
    Wire::H1.send(server.addr, &TRAFFIC);
    server.end();
    assert_eq!((receiver.spans().len(), receiver.metrics().len()), (TRAFFIC.len(), 0));
}
