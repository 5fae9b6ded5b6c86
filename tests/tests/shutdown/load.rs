//! Clients that send requests until the server has stopped.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use obs_tests::{DEADLINE, net::H1Client, until};

/// What a client leaves between two requests, so that a slow machine's exporter keeps up.
const PAUSE: Duration = Duration::from_millis(2);

/// Keep-alive clients, each asking as soon as it is answered.
pub(crate) struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

struct Shared {
    addr: SocketAddr,
    next: AtomicU64,
    /// Trace ids of the requests whose answer came whole.
    answered: Mutex<Vec<String>>,
}

// === impl Load ===

impl Load {
    pub(crate) fn start(addr: SocketAddr, clients: usize) -> Self {
        let shared = Arc::new(Shared {
            addr,
            next: AtomicU64::new(1),
            answered: Mutex::default(),
        });
        let client = |_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.ask_until_refused())
        };
        let clients = (0..clients).map(client).collect();
        Self { shared, clients }
    }

    pub(crate) fn answered(&self) -> usize {
        self.shared.answered.lock().unwrap().len()
    }

    pub(crate) fn wait_for(&self, answered: usize) {
        until(DEADLINE, || self.answered() >= answered);
    }

    /// Waits until no client finds a server any more; the trace ids of what was answered.
    pub(crate) fn stop(self) -> Vec<String> {
        for client in self.clients {
            client.join().unwrap();
        }
        std::mem::take(&mut self.shared.answered.lock().unwrap())
    }
}

// === impl Shared ===

impl Shared {
    fn ask_until_refused(&self) {
        while let Ok(mut client) = H1Client::try_open(self.addr) {
            // An error is the connection's end, which a server that stops may bring about.
            while self.ask(&mut client).is_ok() {
                thread::sleep(PAUSE);
            }
        }
    }

    fn ask(&self, client: &mut H1Client) -> io::Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let trace = format!("{number:032x}");
        client.try_send(format!(
            "GET /orders/{number} HTTP/1.1\r\nhost: test\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01\r\n\r\n"
        ))?;
        let answer = client.response("GET")?;
        assert_eq!((answer.status, answer.text()), (200, &*format!("order {number}\n")));
        self.answered.lock().unwrap().push(trace);
        Ok(())
    }
}
