//! Asking over HTTP/1.1 and HTTP/2.

use std::net::SocketAddr;

use http::Request;
use obs_tests::net::{H1Client, H2Client, Response};

use crate::exchange::Exchange;

/// The user agent of these clients.
pub(crate) const AGENT: &str = "conformance-test/1.0";

/// A protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wire {
    H1,
    H2,
}

// === impl Wire ===

impl Wire {
    pub(crate) const ALL: [Self; 2] = [Self::H1, Self::H2];

    /// The protocol's version, as attributes have it.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::H1 => "1.1",
            Self::H2 => "2",
        }
    }

    /// Sends the traffic over one connection and checks the answers; gives the client's address.
    #[track_caller]
    pub(crate) fn send(self, server: SocketAddr, traffic: &[Exchange]) -> SocketAddr {
        match self {
            Self::H1 => {
                let mut client = H1Client::open(server);
                for exchange in traffic {
                    check(exchange, &over_h1(&mut client, server, exchange));
                }
                client.local_addr()
            }
            Self::H2 => {
                let client = H2Client::open(server);
                for exchange in traffic {
                    check(exchange, &over_h2(&client, server, exchange));
                }
                client.local_addr()
            }
        }
    }
}

#[track_caller]
fn check(exchange: &Exchange, response: &Response) {
    assert_eq!(
        (response.status, response.text()),
        (exchange.status, exchange.answer),
        "{exchange:?}"
    );
}

fn over_h1(client: &mut H1Client, server: SocketAddr, exchange: &Exchange) -> Response {
    let Exchange { method, body, .. } = *exchange;
    let (target, length) = (exchange.target(), body.len());
    let body_headers = if body.is_empty() {
        String::new()
    } else {
        format!("content-length: {length}\r\n")
    };
    client.send(format!(
        "{method} {target} HTTP/1.1\r\nhost: {server}\r\nuser-agent: {AGENT}\r\n{body_headers}\r\n{body}"
    ));
    client.response(method).expect("an answer")
}

fn over_h2(client: &H2Client, server: SocketAddr, exchange: &Exchange) -> Response {
    let uri = format!("http://{server}{}", exchange.target());
    let request = Request::builder()
        .method(exchange.method)
        .uri(uri)
        .header("user-agent", AGENT);
    let request = request.body(()).expect("a request");
    if exchange.body.is_empty() {
        return client
            .send(request)
            .and_then(obs_tests::net::H2Stream::response)
            .expect("an answer");
    }
    let mut stream = client.send_head(request).expect("a stream");
    stream.send_data(exchange.body, true).expect("an open stream");
    stream.response().expect("an answer")
}
