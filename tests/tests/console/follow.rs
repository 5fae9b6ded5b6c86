//! Clients that follow.

use obs_core::health::Health;
use obs_tests::{DEADLINE, net::H1Client, wait::eventually};

use super::{Served, ask};

const FOLLOW: &str = "/obs/api/v1/lines?follow=true";
const MAX: usize = 32;

fn follow(addr: std::net::SocketAddr) -> H1Client {
    let mut client = H1Client::open(addr);
    client.send(format!("GET {FOLLOW} HTTP/1.1\r\nhost: {addr}\r\n\r\n"));
    let head = client.head().unwrap();
    assert_eq!(
        (head.status, head.header("content-type")),
        (200, Some("application/x-ndjson"))
    );
    client
}

#[test]
fn thirty_two_clients_follow_and_the_place_of_one_that_leaves_is_free_again() {
    for at in 0..2 {
        let served = Served::start(|console| console);
        let (name, addr) = served.addrs[at];
        let mut clients: Vec<H1Client> = (0..MAX).map(|_| follow(addr)).collect();
        let refused = ask(addr, "GET", FOLLOW, &[], "");
        assert_eq!(
            (refused.status, refused.header("retry-after")),
            (429, Some("2")),
            "{name}"
        );
        clients.pop().unwrap().abort();
        eventually(DEADLINE, || {
            let mut client = H1Client::open(addr);
            client.send(format!("GET {FOLLOW} HTTP/1.1\r\nhost: {addr}\r\n\r\n"));
            (client.head().unwrap().status == 200).then_some(client)
        });
    }
}

#[test]
fn streams_end_when_the_service_drains() {
    let health = Health::new();
    let served = Served::start(|console| console.health(&health));
    let clients = served.addrs.map(|(name, addr)| (name, follow(addr)));
    health.set_draining(true);
    for (name, mut client) in clients {
        while client
            .chunk()
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .is_some()
        {}
    }
    served.expect(503, "GET", FOLLOW, &[], "");
}
