use std::{
    convert::Infallible,
    io,
    sync::mpsc::{Sender, channel},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response as HttpResponse};
use http_body::Frame;
use http_body_util::{BodyExt as _, BodyStream, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use tower::util::BoxCloneSyncService;

use super::*;
use crate::wait::{DEADLINE, until};

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Says so when it is dropped.
struct Dropped(Sender<&'static str>, &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.send(self.1);
    }
}

/// `/echo` answers with the request's body and trailers, `/never` doesn't answer, `/endless` streams a
/// chunk at once and another that never comes.
fn service(drops: Sender<&'static str>) -> BoxCloneSyncService<Request<Incoming>, HttpResponse<Body>, Infallible> {
    BoxCloneSyncService::new(tower::service_fn(move |request: Request<Incoming>| {
        let drops = drops.clone();
        async move {
            match request.uri().path() {
                "/never" => {
                    let _guard = Dropped(drops, "future");
                    std::future::pending().await
                }
                "/endless" => {
                    let guard = Dropped(drops, "body");
                    let frames = futures_util::stream::unfold((guard, true), |(guard, first)| async move {
                        if !first {
                            std::future::pending::<()>().await;
                        }
                        Some((Ok(Frame::data(Bytes::from_static(b"first"))), (guard, false)))
                    });
                    Ok(HttpResponse::new(StreamBody::new(frames).boxed_unsync()))
                }
                _ => {
                    let mut trailers = HeaderMap::new();
                    trailers.insert("x-end", "yes".parse().unwrap());
                    // Through a stream, because a body of known length has no room for trailers on HTTP/1.1.
                    let body = StreamBody::new(BodyStream::new(request.into_body().map_err(io::Error::other)));
                    let body = body.with_trailers(std::future::ready(Some(Ok(trailers))));
                    let mut response = HttpResponse::new(body.boxed_unsync());
                    response.headers_mut().insert("trailer", "x-end".parse().unwrap());
                    Ok(response)
                }
            }
        }
    }))
}

#[test]
fn h1_requests_are_answered_whole() {
    let server = Server::start(service(channel().0));
    let response = request(server.addr(), "POST", "/echo", &[("te", "trailers")], "hello");
    assert_eq!((response.status, response.text()), (200, "hello"));
    assert_eq!(response.header("trailer"), Some("x-end"));
    assert_eq!(response.trailers["x-end"], "yes");
    until(DEADLINE, || server.connections() == 0);
}

#[test]
fn one_h1_connection_carries_several_requests() {
    let server = Server::start(service(channel().0));
    let mut client = H1Client::open(server.addr());
    for body in ["one", "two"] {
        client.send(format!(
            "PUT /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n{body}"
        ));
        assert_eq!(client.response("PUT").unwrap().text(), body);
    }
    client.send("HEAD /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(client.response("HEAD").unwrap().body, b"");
    assert_eq!(server.connections(), 1);
}

#[test]
fn an_h1_client_can_vanish_before_the_head() {
    let (sender, drops) = channel();
    let server = Server::start(service(sender));
    for vanish in [H1Client::abort, H1Client::close] {
        let mut client = H1Client::open(server.addr());
        client.send("GET /never HTTP/1.1\r\nhost: x\r\n\r\n");
        until(DEADLINE, || server.connections() == 1);
        vanish(client);
        until(DEADLINE, || server.connections() == 0);
    }
    drop(server);
    drop(drops);
}

#[test]
fn an_h1_client_can_vanish_in_the_middle_of_a_body() {
    let (sender, drops) = channel();
    let server = Server::start(service(sender));
    let mut client = H1Client::open(server.addr());
    client.send("GET /endless HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(client.head().unwrap().status, 200);
    assert_eq!(client.chunk().unwrap().unwrap(), b"first");
    client.abort();
    assert_eq!(drops.recv_timeout(DEADLINE), Ok("body"));
}

#[test]
fn h2_requests_are_answered_whole() {
    let server = Server::start(service(channel().0));
    let client = H2Client::open(server.addr());
    assert_eq!(client.get("/echo").unwrap().status, 200);
    let mut stream = client
        .send_head(Request::post("http://localhost/echo").body(()).unwrap())
        .unwrap();
    stream.send_data("hel", false).unwrap();
    stream.send_data("lo", true).unwrap();
    let response = stream.response().unwrap();
    assert_eq!(
        (response.text(), response.trailers["x-end"].as_bytes()),
        ("hello", &b"yes"[..])
    );
    assert_eq!(server.connections(), 1);
    client.close();
    until(DEADLINE, || server.connections() == 0);
}

#[test]
fn an_h2_stream_can_be_reset_before_the_head_and_the_connection_stays() {
    let (sender, drops) = channel();
    let server = Server::start(service(sender));
    let client = H2Client::open(server.addr());
    let stream = client
        .send(Request::get("http://localhost/never").body(()).unwrap())
        .unwrap();
    // The answer to a later request proves that the server has taken up the first.
    assert_eq!(client.get("/echo").unwrap().status, 200);
    stream.reset(Reason::CANCEL);
    assert_eq!(drops.recv_timeout(DEADLINE), Ok("future"));
    assert_eq!(client.get("/echo").unwrap().status, 200);
}

#[test]
fn an_h2_stream_can_be_reset_in_the_middle_of_a_body() {
    let (sender, drops) = channel();
    let server = Server::start(service(sender));
    let client = H2Client::open(server.addr());
    let mut stream = client
        .send(Request::get("http://localhost/endless").body(()).unwrap())
        .unwrap();
    assert_eq!(stream.head().unwrap().status, 200);
    assert_eq!(stream.data().unwrap().unwrap(), "first");
    stream.reset(Reason::CANCEL);
    assert_eq!(drops.recv_timeout(DEADLINE), Ok("body"));
}

#[test]
fn an_h2_client_can_vanish_with_its_streams() {
    let (sender, drops) = channel();
    let server = Server::start(service(sender));
    let client = H2Client::open(server.addr());
    let mut stream = client
        .send(Request::get("http://localhost/endless").body(()).unwrap())
        .unwrap();
    assert_eq!(stream.head().unwrap().status, 200);
    client.abort();
    assert_eq!(drops.recv_timeout(DEADLINE), Ok("body"));
    until(DEADLINE, || server.connections() == 0);
}

#[test]
fn a_server_stops_when_its_requests_have_ended() {
    let server = Server::start(service(channel().0));
    let mut idle = H1Client::open(server.addr());
    idle.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    idle.response("GET").unwrap();
    let addr = server.addr();
    assert!(server.stop(DEADLINE));
    assert!(std::net::TcpStream::connect(addr).is_err());
}

#[test]
fn a_server_says_when_requests_outlast_its_stop() {
    let server = Server::start(service(channel().0));
    let mut client = H1Client::open(server.addr());
    client.send("GET /endless HTTP/1.1\r\nhost: x\r\n\r\n");
    client.head().unwrap();
    assert!(!server.stop(Duration::from_millis(50)));
}

#[test]
fn each_connection_is_told_its_peer() {
    let server = Server::start_each(|peer| {
        tower::service_fn(move |_| async move { Ok::<_, Infallible>(HttpResponse::new(peer.to_string())) })
    });
    let mut client = H1Client::open(server.addr());
    client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(client.response("GET").unwrap().text(), client.local_addr().to_string());
}
