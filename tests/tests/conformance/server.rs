//! Server spans.

use std::net::SocketAddr;

use obs_tests::{DEADLINE, otlp::Receiver};
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};

use crate::{
    exchange::{Exchange, TRAFFIC},
    expected::{Attributes, Expected, seen},
    program::{FRAMEWORKS, Server},
    wire::{AGENT, Wire},
};

/// The span of an exchange
/// ([HTTP server](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server)).
fn expected(exchange: &Exchange, wire: Wire, server: SocketAddr, client: SocketAddr) -> Expected {
    let Exchange {
        method,
        path,
        query,
        route,
        status,
        ..
    } = *exchange;
    // A 4xx answer is the client's error, not the server's.
    let is_error = status >= 500;
    let attributes = Attributes::default()
        // Required.
        .text("http.request.method", method)
        .text("url.path", path)
        .text("url.scheme", "http")
        // Required where they apply.
        .text_if("error.type", is_error.then(|| status.to_string()))
        .int("http.response.status_code", status)
        .text("http.route", route)
        .int("server.port", server.port())
        .text_if("url.query", query)
        // Recommended.
        .text("client.address", "127.0.0.1")
        .text("network.peer.address", "127.0.0.1")
        .int("network.peer.port", client.port())
        .text("network.protocol.version", wire.version())
        .text("server.address", "127.0.0.1")
        .text("user_agent.original", AGENT);
    Expected {
        name: format!("{method} {route}"),
        kind: SpanKind::Server,
        status: if is_error { StatusCode::Error } else { StatusCode::Unset },
        attributes: attributes.done(),
    }
}

#[test]
fn server_spans_have_the_attributes_of_the_conventions_and_no_others() {
    for framework in FRAMEWORKS {
        for wire in Wire::ALL {
            let receiver = Receiver::start();
            let server = Server::start(&[framework], Some(&receiver));
            let addr = server.addr;
            let client = wire.send(addr, &TRAFFIC);
            server.end();
            let mut spans = receiver.spans();
            spans.sort_by_key(|span| span.span.start_time_unix_nano);
            let spans: Vec<Expected> = spans.iter().map(seen).collect();
            let wanted: Vec<_> = TRAFFIC
                .iter()
                .map(|exchange| expected(exchange, wire, addr, client))
                .collect();
            assert_eq!(spans, wanted, "{framework}, {wire:?}");
        }
    }
}

#[test]
fn a_span_says_of_its_service_what_the_conventions_know() {
    for framework in FRAMEWORKS {
        let receiver = Receiver::start();
        let server = Server::start(&[framework], Some(&receiver));
        Wire::H1.send(server.addr, &TRAFFIC[..1]);
        server.end();
        let spans = receiver.wait_for(DEADLINE, |spans| spans.len() == 1);
        assert_eq!(spans[0].service(), Some(&*format!("conformance-{framework}")));
        let mut keys: Vec<_> = spans[0]
            .resource
            .attributes
            .iter()
            .map(|attribute| &*attribute.key)
            .collect();
        keys.sort_unstable();
        let known = [
            "service.name",
            "service.version",
            "telemetry.sdk.language",
            "telemetry.sdk.name",
            "telemetry.sdk.version",
        ];
        assert_eq!(keys, known);
    }
}
