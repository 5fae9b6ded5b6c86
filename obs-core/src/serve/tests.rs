//! The page on a listener of its own.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::listener::accept;
use crate::{Obs, ObsBuilder, metrics::Registry, page::MetricsPage};

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
    assert!(
        head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"),
        "{head}"
    );
    assert!(body.contains("obs_build_info{service=\"shop\""), "{body}");
    let (head, body) = ask(addr, "HEAD /metrics HTTP/1.1");
    assert!(head.contains("content-length: ") && body.is_empty(), "{head}\n{body}");
}

#[test]
fn what_is_not_the_page_is_refused() {
    let (_obs, addr) = serving();
    assert!(ask(addr, "GET / HTTP/1.1").0.starts_with("HTTP/1.1 404 "));
    let (head, _) = ask(addr, "POST /metrics HTTP/1.1\r\ncontent-length: 0");
    assert!(
        head.starts_with("HTTP/1.1 405 ") && head.contains("allow: GET, HEAD"),
        "{head}"
    );
}

#[test]
fn the_token_is_asked_for_here_too() {
    let obs = builder()
        .serve_metrics(ANY_PORT)
        .metrics_token("s3cret")
        .build()
        .unwrap();
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
    let source = std::error::Error::source(&error)
        .unwrap()
        .downcast_ref::<io::Error>()
        .unwrap();
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

/// So many connections that have sent `start`.
fn occupied(addr: SocketAddr, count: usize, start: &str) -> Vec<TcpStream> {
    let occupy = |_| {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.write_all(start.as_bytes()).unwrap();
        stream
    };
    (0..count).map(occupy).collect()
}

#[test]
fn clients_that_hold_all_connections_do_not_keep_a_scrape_waiting() {
    let starts = [
        "",
        "GET /metrics HTTP/1.1\r\nhost: x\r\n",
        "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\nGET /metrics HT",
        "POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf a bo",
        "GET /metrics HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhal",
        "GET /else HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n",
    ];
    for start in starts {
        let (obs, addr) = serving();
        let held = occupied(addr, 64, start);
        let since = Instant::now();
        for _ in 0..3 {
            assert!(
                ask(addr, "GET /metrics HTTP/1.1").0.starts_with("HTTP/1.1 200 "),
                "{start:?}"
            );
        }
        assert!(
            since.elapsed() < Duration::from_secs(3),
            "{start:?} {:?}",
            since.elapsed()
        );
        drop((held, obs));
    }
}

#[test]
fn the_connection_that_gives_way_is_the_one_that_is_idle_for_longest() {
    let (obs, addr) = serving();
    let mut held = occupied(addr, 64, "");
    assert!(ask(addr, "GET /metrics HTTP/1.1").0.starts_with("HTTP/1.1 200 "));
    assert_eq!(held[0].read(&mut [0; 8]).unwrap(), 0, "closed");
    // The last one is served as ever.
    let last = held.last_mut().unwrap();
    last.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut start = [0; 15];
    last.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    drop(obs);
}

#[test]
fn a_first_head_that_does_not_come_in_five_seconds_is_not_waited_for() {
    let (obs, addr) = serving();
    let since = Instant::now();
    let mut half = TcpStream::connect(addr).unwrap();
    half.set_read_timeout(Some(LONG)).unwrap();
    let mut trickling = half.try_clone().unwrap();
    let writer = thread::spawn(move || {
        // Until it is closed.
        while trickling.write_all(b"GET /metrics").is_ok() && since.elapsed() < LONG {
            thread::sleep(Duration::from_millis(100));
        }
    });
    let _closed_or_reset = half.read(&mut [0; 8]);
    let waited = since.elapsed();
    assert!(
        (Duration::from_millis(4_900)..Duration::from_secs(15)).contains(&waited),
        "{waited:?}"
    );
    drop(half);
    writer.join().unwrap();
    drop(obs);
}

#[test]
fn clients_that_do_not_read_their_page_do_not_keep_a_scrape_waiting() {
    let registry = Registry::builder().series_cap(100_000).build().unwrap();
    // More than the buffers between two sockets take.
    for series in 0..20_000 {
        registry
            .float_counter("big", &[("n", &format!("{series:0>300}"))])
            .increment(1.0);
    }
    let obs = builder().registry(registry).build().unwrap();
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    listener.set_nonblocking(true).unwrap();
    let addr = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let page = MetricsPage::of(&obs);
    let serving = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(accept(listener, page, stopped, 2)).unwrap();
    });
    let slow = occupied(addr, 2, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    let since = Instant::now();
    assert!(ask(addr, "GET /metrics HTTP/1.1").0.starts_with("HTTP/1.1 200 "));
    assert!(since.elapsed() < LONG / 2, "{:?}", since.elapsed());
    drop((slow, stop));
    serving.join().unwrap();
}

#[test]
fn without_an_address_nothing_is_served() {
    assert_eq!(builder().build().unwrap().metrics_addr(), None);
}
