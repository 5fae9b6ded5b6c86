//! The client of a row, over real TCP.

use std::{fmt, net::SocketAddr};

use http::{HeaderValue, Method, Request};

use super::{Act, Ask};
use crate::net::{H1Client, H2Client, H2Stream, Reason, Response};

/// Requests in flight on one connection: servers take at least this many.
const AT_ONCE: usize = 100;

/// The protocol that the client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// HTTP/1.1
    H1,
    /// HTTP/2 by prior knowledge
    H2,
}

/// What the client has seen.
#[derive(Clone, Debug)]
pub enum Seen {
    /// A whole answer.
    Answer(Response),
    /// An answer that it left in the middle.
    Part(Response),
    /// No whole answer: the connection or the stream was cut, and how.
    Cut(String),
    /// It left before there was anything to see.
    Nothing,
}

/// What the client has seen, and its connection where that is still open.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) seen: Seen,
    pub(super) _connection: Option<H2Client>,
}

// === impl Wire ===

impl Wire {
    /// Both.
    pub const ALL: [Self; 2] = [Self::H1, Self::H2];

    /// As it stands on a line.
    #[must_use]
    pub fn protocol(self) -> &'static str {
        match self {
            Self::H1 => "HTTP/1.1",
            Self::H2 => "HTTP/2",
        }
    }

    /// As it stands on a span.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::H1 => "1.1",
            Self::H2 => "2",
        }
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::H1 => "h1",
            Self::H2 => "h2",
        })
    }
}

// === impl Seen ===

impl Seen {
    /// The head of the answer, as far as there was one.
    #[must_use]
    pub fn head(&self) -> Option<&Response> {
        match self {
            Self::Answer(response) | Self::Part(response) => Some(response),
            Self::Cut(_) | Self::Nothing => None,
        }
    }
}

// === impl Visit ===

impl Visit {
    /// Plays the client; `arrived` returns when the server works on the request.
    pub(super) fn pay(wire: Wire, addr: SocketAddr, ask: &Ask, arrived: impl FnOnce()) -> Self {
        match wire {
            Wire::H1 => Self {
                seen: over_h1(addr, ask, arrived),
                _connection: None,
            },
            Wire::H2 => {
                let client = H2Client::open(addr);
                let seen = over_h2(&client, addr, ask, arrived);
                Self {
                    seen,
                    _connection: Some(client),
                }
            }
        }
    }
}

/// The bytes of a request.
pub(super) fn h1_bytes(addr: SocketAddr, ask: &Ask) -> Vec<u8> {
    let mut out = format!("{} {} HTTP/1.1\r\n", ask.method, ask.target).into_bytes();
    let mut push = |name: &str, value: &[u8]| {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    };
    if ask.values("host").next().is_none() {
        push("host", addr.to_string().as_bytes());
    }
    for value in &ask.traceparent {
        push("traceparent", value);
    }
    for (name, value) in &ask.headers {
        push(name, value);
    }
    if !ask.body.is_empty() && ask.values("transfer-encoding").next().is_none() {
        push("content-length", ask.body.len().to_string().as_bytes());
    }
    if ask.act == Act::Upgrade {
        push("connection", b"upgrade");
        push("upgrade", b"websocket");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&ask.body);
    out
}

fn over_h1(addr: SocketAddr, ask: &Ask, arrived: impl FnOnce()) -> Seen {
    let mut client = H1Client::open(addr);
    client.send(h1_bytes(addr, ask));
    let cut = |error: std::io::Error| Seen::Cut(error.to_string());
    match ask.act {
        Act::Read => client.response(&ask.method).map_or_else(cut, Seen::Answer),
        Act::LeaveBeforeHead => {
            arrived();
            client.abort();
            Seen::Nothing
        }
        Act::LeaveAfter(bytes) => {
            let part = client.head().and_then(|head| h1_part(&mut client, head, bytes));
            client.abort();
            part.map_or_else(cut, Seen::Part)
        }
        Act::Upgrade => {
            let head = client.head();
            if head.as_ref().is_ok_and(|head| head.status == 101) {
                client.send("ping");
                assert_eq!(client.raw(4).expect("an echo"), b"ping");
            }
            client.close();
            head.map_or_else(cut, Seen::Answer)
        }
    }
}

fn h1_part(client: &mut H1Client, mut head: Response, bytes: usize) -> std::io::Result<Response> {
    let is_chunked = head.header("transfer-encoding") == Some("chunked");
    while head.body.len() < bytes {
        let more = if is_chunked {
            client.chunk()?
        } else {
            Some(client.raw(bytes - head.body.len())?)
        };
        head.body.extend(more.ok_or(std::io::ErrorKind::UnexpectedEof)?);
    }
    Ok(head)
}

pub(super) fn h2_request(addr: SocketAddr, ask: &Ask) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(ask.method.as_bytes()).expect("a method that HTTP/2 can carry");
    *request.uri_mut() = format!("http://{addr}{}", ask.target)
        .parse()
        .expect("a target that HTTP/2 can carry");
    let parents = ask.traceparent.iter().map(|value| ("traceparent", value));
    for (name, value) in parents.chain(ask.headers.iter().map(|(name, value)| (*name, value))) {
        if name != "transfer-encoding" && name != "te" {
            request.headers_mut().append(
                name,
                HeaderValue::from_bytes(value).expect("a value that HTTP/2 can carry"),
            );
        }
    }
    request
}

fn over_h2(client: &H2Client, addr: SocketAddr, ask: &Ask, arrived: impl FnOnce()) -> Seen {
    let cut = |error: h2::Error| Seen::Cut(error.to_string());
    let request = h2_request(addr, ask);
    let sent = if ask.body.is_empty() {
        client.send(request)
    } else {
        client.send_head(request).map(|mut stream| {
            // A server that has answered already may take no more.
            let _ = stream.send_data(ask.body.clone(), true);
            stream
        })
    };
    let mut stream = match sent {
        Ok(stream) => stream,
        Err(error) => return cut(error),
    };
    match ask.act {
        Act::Read | Act::Upgrade => stream.response().map_or_else(cut, Seen::Answer),
        Act::LeaveBeforeHead => {
            arrived();
            stream.reset(Reason::CANCEL);
            Seen::Nothing
        }
        Act::LeaveAfter(bytes) => {
            let part = h2_part(&mut stream, bytes);
            stream.reset(Reason::CANCEL);
            part.map_or_else(cut, Seen::Part)
        }
    }
}

fn h2_part(stream: &mut H2Stream, bytes: usize) -> Result<Response, h2::Error> {
    let mut head = stream.head()?;
    while head.body.len() < bytes {
        head.body
            .extend(stream.data()?.ok_or(h2::Error::from(Reason::STREAM_CLOSED))?);
    }
    Ok(head)
}

/// Sends all of `asks` on one connection, many at a time, and returns the answers in that order.
///
/// For requests without surprises: what is cut short panics.
#[must_use]
#[track_caller]
pub fn ask_all(wire: Wire, addr: SocketAddr, asks: &[Ask]) -> Vec<Response> {
    match wire {
        Wire::H1 => {
            let mut client = H1Client::open(addr);
            let mut answers = Vec::with_capacity(asks.len());
            for batch in asks.chunks(AT_ONCE) {
                client.send(batch.iter().flat_map(|ask| h1_bytes(addr, ask)).collect::<Vec<_>>());
                answers.extend(
                    batch
                        .iter()
                        .map(|ask| client.response(&ask.method).expect("an answer to each")),
                );
            }
            answers
        }
        Wire::H2 => {
            let client = H2Client::open(addr);
            let mut answers = Vec::with_capacity(asks.len());
            for batch in asks.chunks(AT_ONCE) {
                let send = |ask| client.send(h2_request(addr, ask)).expect("an open connection");
                let streams: Vec<_> = batch.iter().map(send).collect();
                answers.extend(
                    streams
                        .into_iter()
                        .map(|stream| stream.response().expect("an answer to each")),
                );
            }
            client.close();
            answers
        }
    }
}
