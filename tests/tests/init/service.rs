//! The service that the tests start with the process's defaults.

use axum::{
    Router,
    routing::{get, post},
};
use obs_axum::{
    ObsLayer,
    obs_core::{Obs, ObsBuilder},
};
use obs_tests::{
    DEADLINE,
    logs::{LogBuffer, LogLine},
    net::{self, H1Client, Server},
    page::Page,
    until,
};

/// Requests and a page, made without naming an `Obs`.
#[derive(Debug)]
pub(crate) struct Service {
    server: Server,
}

impl Service {
    pub(crate) fn start() -> Self {
        let upload = post(|body: String| async move { body });
        let routes = Router::new()
            .route("/orders/{id}", get(order))
            .route("/upload", upload)
            .layer(ObsLayer::new());
        Self {
            server: Server::start(routes.merge(obs_axum::metrics("/metrics"))),
        }
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.server.addr()
    }

    /// Asks for an order and returns the id that the answer carries.
    #[track_caller]
    pub(crate) fn order(&self) -> String {
        let response = net::get(self.server.addr(), "/orders/7");
        assert_eq!((response.status, response.text()), (200, "order"));
        response.header("x-request-id").unwrap().to_owned()
    }

    /// Begins a request that waits for the rest of its body.
    #[track_caller]
    pub(crate) fn start_upload(&self) -> Upload {
        let mut client = H1Client::open(self.server.addr());
        client.send("POST /upload HTTP/1.1\r\nhost: shop\r\ncontent-length: 4\r\n\r\nab");
        let in_flight = || self.page().sum("http_requests_in_flight", &[]);
        until(DEADLINE, || in_flight() == 1.0);
        Upload { client }
    }

    pub(crate) fn get(&self, path: &str, accept: &str) -> net::Response {
        net::request(self.server.addr(), "GET", path, &[("accept", accept)], "")
    }

    /// The page, with exemplars.
    #[track_caller]
    pub(crate) fn page(&self) -> Page {
        Page::parse(self.get("/metrics", "application/openmetrics-text").text()).unwrap()
    }

    /// How many orders were counted.
    #[track_caller]
    pub(crate) fn counted(&self) -> f64 {
        self.page().sum("http_requests_total", &[("endpoint", "/orders/{id}")])
    }
}

/// A request in flight.
#[derive(Debug)]
pub(crate) struct Upload {
    client: H1Client,
}

impl Upload {
    /// Sends the rest and reads the answer.
    #[track_caller]
    pub(crate) fn end(mut self) {
        self.client.send("cd");
        assert_eq!(self.client.response("POST").unwrap().text(), "abcd");
    }
}

/// What an application does: logs, counts, measures, through the macros alone.
async fn order() -> &'static str {
    tracing::info!(item = "book", "order placed");
    metrics::counter!("orders_placed_total", "currency" => "EUR").increment(1);
    metrics::gauge!("stock_level").set(41.5);
    metrics::histogram!("order_value_eur").record(19.99);
    "order"
}

/// Settings of the process's own instance, which logs to this buffer.
pub(crate) fn builder(logs: &LogBuffer) -> ObsBuilder {
    Obs::builder("shop").log_writer(logs.clone())
}

/// The lines of one request, its canonical line last.
#[track_caller]
pub(crate) fn lines_of(logs: &LogBuffer, request_id: &str) -> Vec<LogLine> {
    let is_of = |line: &LogLine| line.get("request_id").is_some_and(|id| id == request_id);
    let is_complete = |lines: &[LogLine]| lines.iter().any(|line| is_of(line) && line.is_request_line());
    let mut lines = logs.wait_for(DEADLINE, is_complete);
    lines.retain(is_of);
    lines
}
