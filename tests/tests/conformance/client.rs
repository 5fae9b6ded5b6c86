//! Client spans.

use std::{collections::BTreeMap, net::SocketAddr};

use obs_tests::otlp::{ReceivedSpan, Receiver};
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};

use crate::{
    exchange::{Exchange, TRAFFIC},
    expected::{Attributes, Expected, seen},
    program::{FRAMEWORKS, Server, run_client},
    wire::Wire,
};

/// The span of an exchange
/// ([HTTP client](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span)).
fn expected(exchange: &Exchange, wire: Wire, server: SocketAddr) -> Expected {
    let Exchange { method, status, .. } = *exchange;
    let is_error = status >= 400;
    let attributes = Attributes::default()
        // Required.
        .text("http.request.method", method)
        .text("server.address", "127.0.0.1")
        .int("server.port", server.port())
        .text("url.full", format!("http://{server}{}", exchange.target()))
        // Required where they apply.
        .text_if("error.type", is_error.then(|| status.to_string()))
        .int("http.response.status_code", status)
        // Recommended.
        .text("network.peer.address", "127.0.0.1")
        .int("network.peer.port", server.port())
        .text("network.protocol.version", wire.version());
    Expected {
        name: method.to_owned(),
        kind: SpanKind::Client,
        status: if is_error { StatusCode::Error } else { StatusCode::Unset },
        attributes: attributes.done(),
    }
}

fn args(wire: Wire) -> &'static [&'static str] {
    match wire {
        Wire::H1 => &[],
        Wire::H2 => &["--http2"],
    }
}

#[test]
fn client_spans_have_the_attributes_of_the_conventions_and_no_others() {
    let server = Server::start(&["axum"], None);
    for wire in Wire::ALL {
        let receiver = Receiver::start();
        run_client(args(wire), server.addr, &receiver);
        let mut spans = receiver.spans();
        spans.sort_by_key(|span| span.span.start_time_unix_nano);
        let spans: Vec<Expected> = spans.iter().map(seen).collect();
        let wanted: Vec<_> = TRAFFIC
            .iter()
            .map(|exchange| expected(exchange, wire, server.addr))
            .collect();
        assert_eq!(spans, wanted, "{wire:?}");
    }
}

#[test]
fn the_span_of_a_call_is_the_parent_of_its_servers() {
    for framework in FRAMEWORKS {
        let receiver = Receiver::start();
        let server = Server::start(&[framework], Some(&receiver));
        run_client(&[], server.addr, &receiver);
        server.end();
        let spans = receiver.spans();
        let (clients, servers): (Vec<_>, Vec<_>) = spans.iter().partition(|span| span.span.kind() == SpanKind::Client);
        assert_eq!(
            (clients.len(), servers.len()),
            (TRAFFIC.len(), TRAFFIC.len()),
            "{framework}"
        );
        let by_id: BTreeMap<String, &ReceivedSpan> = clients.iter().map(|span| (span.span_id(), *span)).collect();
        for span in servers {
            let parent = by_id
                .get(&span.parent_span_id())
                .unwrap_or_else(|| panic!("{framework}: an orphan: {span:#?}"));
            assert_eq!(span.trace_id(), parent.trace_id(), "{framework}");
        }
    }
}
