//! The page on a listener of its own.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use crate::{Obs, ObsBuilder};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const LONG: Duration = Duration::from_secs(30);

fn builder() -> ObsBuilder {
    Obs::builder("shop").log_writer(io::sink())
}

fn serving() -> (Obs, SocketAddr) {
    let obs = builder().serve_metrics(ANY_PORT).build().unwrap();
    let addr = obs.metrics_addr().unwrap();
    (obs, addr)
}

/// The head and the body of one answer.
fn ask(addr: SocketAddr, head: &str) -> (String, String) {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    write!(stream, "{head}\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn the_page_is_served_without_a_runtime_of_the_service() {
    let (_obs, addr) = serving();
    let (head, body) = ask(addr, "GET /metrics HTTP/1.1");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert!(body.contains("obs_build_info{service=\"shop\""), "{body}");
    let (head, body) = ask(addr, "HEAD /metrics HTTP/1.1");
    assert!(head.contains("content-length: ") && body.is_empty(), "{head}\n{body}");
}

#[test]
fn what_is_not_the_page_is_refused() {
    let (_obs, addr) = serving();
    assert!(ask(addr, "GET / HTTP/1.1").0.starts_with("HTTP/1.1 404 "));
    let (head, _) = ask(addr, "POST /metrics HTTP/1.1\r\ncontent-length: 0");
    assert!(head.starts_with("HTTP/1.1 405 ") && head.contains("allow: GET, HEAD"), "{head}");
}

#[test]
fn the_token_is_asked_for_here_too() {
    let obs = builder().serve_metrics(ANY_PORT).metrics_token("s3cret").build().unwrap();
    let addr = obs.metrics_addr().unwrap();
    assert!(ask(addr, "GET /metrics HTTP/1.1").0.starts_with("HTTP/1.1 401 "));
    let (head, _) = ask(addr, "GET /metrics HTTP/1.1\r\nauthorization: Bearer s3cret");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
}

#[test]
fn a_taken_address_is_an_error_that_names_it() {
    let taken = TcpListener::bind(ANY_PORT).unwrap();
    let addr = taken.local_addr().unwrap();
    let error = builder().serve_metrics(addr).build().unwrap_err();
    assert!(error.to_string().contains(&addr.to_string()), "{error}");
    let source = std::error::Error::source(&error).unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn shutdown_and_the_last_handle_free_the_address() {
    let (obs, addr) = serving();
    obs.shutdown(LONG).unwrap();
    obs.shutdown(LONG).unwrap();
    drop(TcpListener::bind(addr).unwrap());
    let (obs, addr) = serving();
    // A connection that is idle does not hold it up.
    let idle = TcpStream::connect(addr).unwrap();
    drop(obs.clone());
    assert!(ask(addr, "GET /metrics HTTP/1.1").0.starts_with("HTTP/1.1 200 "));
    drop(obs);
    drop(TcpListener::bind(addr).unwrap());
    drop(idle);
}

#[test]
fn places_of_clients_that_have_left_are_free_again() {
    let (obs, addr) = serving();
    let silent: Vec<_> = (0..100).map(|_| TcpStream::connect(addr).unwrap()).collect();
    drop(silent);
    assert!(ask(addr, "GET /metrics HTTP/1.1").0.starts_with("HTTP/1.1 200 "));
    drop(obs);
}

#[test]
fn without_an_address_nothing_is_served() {
    assert_eq!(builder().build().unwrap().metrics_addr(), None);
}
