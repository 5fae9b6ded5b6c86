//! A running `conformance w3c-*` program, and the service that it calls.

use std::{
    convert::Infallible,
    net::SocketAddr,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use obs_tests::{
    DEADLINE, eventually,
    net::{H1Client, Server},
    process::{Process, build},
};

/// The programs: every case holds on each.
pub(crate) const PROGRAMS: [&str; 2] = ["w3c-axum", "w3c-actix"];

/// What the program calls has seen, in the order of its arrival.
type Seen = Arc<Mutex<Vec<HeaderMap>>>;

/// A program under test.
#[derive(Debug)]
pub(crate) struct Service {
    /// Kept for its end.
    _process: Process,
    client: H1Client,
    callee: Server,
    seen: Seen,
}

// === impl Service ===

impl Service {
    pub(crate) fn start(program: &str) -> Self {
        let process = Process::start_with_input(
            Command::new(build("conformance"))
                .arg(program)
                .env("OTEL_HTTP_SCENARIO_PORT", "0")
                .env_remove("OTEL_TRACES_SAMPLER")
                .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT"),
        );
        let addr = eventually(DEADLINE, || listens_on(&process));
        let seen = Seen::default();
        let callee = Server::start(recorder(Arc::clone(&seen)));
        Self {
            _process: process,
            client: H1Client::open(addr),
            callee,
            seen,
        }
    }

    /// Has the program call its callee this many times in a request with these headers, and gives
    /// the headers of the calls. Values are sent as they are, white space and all.
    pub(crate) fn calls(&mut self, headers: &[(String, String)], times: usize) -> Vec<HeaderMap> {
        let call = serde_json::json!({ "url": self.callee.url("/callback"), "arguments": [] });
        let body = serde_json::Value::Array(vec![call; times]).to_string();
        let mut request = "POST /test HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n".to_owned();
        for (name, value) in headers {
            request.extend([name, ":", value, "\r\n"]);
        }
        request.extend(["content-length: ", &body.len().to_string(), "\r\n\r\n", &body]);
        self.client.send(request);
        let response = self.client.response("POST").expect("an answer");
        assert_eq!(response.status, 200, "{}", response.text());
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The address that the program names on standard error.
fn listens_on(process: &Process) -> Option<SocketAddr> {
    process
        .stderr()
        .iter()
        .find_map(|line| line.strip_prefix("listening on http://")?.parse().ok())
}

fn recorder(
    seen: Seen,
) -> impl tower_service::Service<Request<Incoming>, Response = Response<String>, Error = Infallible, Future: Send + 'static>
+ Clone
+ Send
+ Sync
+ 'static {
    tower::service_fn(move |request: Request<Incoming>| {
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.headers().clone());
        async { Ok(Response::new(String::new())) }
    })
}
