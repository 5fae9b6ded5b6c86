//! The console over real sockets, on both frameworks, as clients use it that should not.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests: what can't go on fails the test"
)]

mod access;
mod controls;
mod costs;
mod follow;
mod mounts;
mod signals;

use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use actix_web::{App, HttpServer, dev::ServerHandle, rt::System, web};
use axum::{Extension, Router, extract::ConnectInfo, routing::get};
use obs_axum::{
    ObsLayer,
    obs_console::{Console, ConsoleBuilder},
    obs_core::Obs,
};
use obs_tests::{
    DEADLINE,
    net::{H1Client, Response, Server},
};

const TOKEN: &str = "0123456789abcdef";

/// One instance with its console on both frameworks.
struct Served {
    obs: Obs,
    console: Console,
    lines: Lines,
    addrs: [(&'static str, SocketAddr); 2],
    actix: ServerHandle,
    _axum: Server,
}

/// What was logged.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

// === impl Lines ===

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

// === impl Served ===

impl Served {
    fn start(settings: impl FnOnce(ConsoleBuilder) -> ConsoleBuilder) -> Self {
        let lines = Lines::default();
        let obs = Obs::builder("shop").log_writer(lines.clone()).build().unwrap();
        let console = settings(Console::builder(&obs)).build().unwrap();
        let routes = Router::new()
            .route("/ping", get(|| async { "pong" }))
            .layer(ObsLayer::new().obs(&obs))
            .merge(obs_axum::console("/obs", &console));
        let axum = Server::start_each(move |peer| routes.clone().layer(Extension(ConnectInfo(peer))));
        let (actix_addr, actix) = start_actix(&obs, &console);
        Self {
            addrs: [("axum", axum.addr()), ("actix", actix_addr)],
            obs,
            console,
            lines,
            actix,
            _axum: axum,
        }
    }

    /// The answers to one request, with the names of who gave them; `HOST` in a value is the server's own address.
    fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> [(&'static str, Response); 2] {
        self.addrs
            .map(|(name, addr)| (name, ask(addr, method, target, headers, body)))
    }

    /// The answer of one of them.
    #[track_caller]
    fn expect_one(&self, name: &str, status: u16, method: &str, target: &str, headers: &[(&str, &str)], body: &str) {
        let addr = self.addrs.iter().find(|(own, _)| *own == name).unwrap().1;
        assert_eq!(
            ask(addr, method, target, headers, body).status,
            status,
            "{name}: {method} {target}"
        );
    }

    #[track_caller]
    fn expect(&self, status: u16, method: &str, target: &str, headers: &[(&str, &str)], body: &str) {
        for (name, response) in self.ask(method, target, headers, body) {
            assert_eq!(
                response.status,
                status,
                "{name}: {method} {target} {headers:?}: {}",
                response.text()
            );
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The result is available when it has stopped; it is not awaited.
        drop(self.actix.stop(false));
    }
}

/// Sends a request as it is, with this host unless the headers have one.
fn ask(addr: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let own = addr.to_string();
    let mut head = format!("{method} {target} HTTP/1.1\r\nconnection: close\r\n");
    if headers.iter().all(|(name, _)| *name != "host") {
        let _ = write!(head, "host: {own}\r\n");
    }
    for (name, value) in headers {
        let _ = write!(head, "{name}: {}\r\n", value.replace("HOST", &own));
    }
    if !body.is_empty() {
        let _ = write!(head, "content-length: {}\r\n", body.len());
    }
    let mut client = H1Client::open(addr);
    client.send(format!("{head}\r\n{body}"));
    client.response(method).unwrap()
}

fn start_actix(obs: &Obs, console: &Console) -> (SocketAddr, ServerHandle) {
    let (sender, receiver) = mpsc::channel();
    let (obs, console) = (obs.clone(), console.clone());
    thread::spawn(move || {
        System::new().block_on(async move {
            let app = move || {
                App::new()
                    .wrap(obs_actix::ObsMiddleware::new().obs(&obs))
                    .route("/ping", web::get().to(|| async { "pong" }))
                    .service(obs_actix::console("/obs", &console))
            };
            let server = HttpServer::new(app)
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .unwrap();
            let addr = server.addrs()[0];
            let running = server.run();
            sender.send((addr, running.handle())).unwrap();
            running.await.unwrap();
        });
    });
    receiver.recv_timeout(DEADLINE).unwrap()
}
