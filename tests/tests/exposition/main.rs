//! The metrics page over HTTP, as promtool and Python's `prometheus_client` read it beside our own
//! parser: formats and the choice between them, methods, the application's own metrics.
#![expect(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    reason = "a test that can't go on should stop; counts are exact"
)]

mod content;
mod negotiation;
mod parsers;

use axum::{
    Router,
    extract::Path,
    http::StatusCode,
    routing::{get, post},
};
use obs_axum::{ObsLayer, obs_core::Obs};
use obs_tests::{
    DEADLINE,
    logs::LogBuffer,
    net::{self, Server},
    page::{Format, Page},
};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROTOBUF: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// What a label value may hold at worst.
const NASTY: &str = "a\"b\\c\nd}, e=\"f\" ü🦀\\n#";

/// Puts routes, layer and page together.
type Compose = fn(Router, ObsLayer, Router) -> Router;

/// A service with requests and business metrics behind it.
struct Service {
    obs: Obs,
    logs: LogBuffer,
    server: Server,
}

impl Service {
    /// The page stands beside the layer.
    fn start() -> Self {
        Self::with(|routes, layer, page| routes.layer(layer).merge(page))
    }

    fn with(compose: Compose) -> Self {
        let logs = LogBuffer::new();
        let builder = Obs::builder("shop")
            .version("1.4.2")
            .environment("test")
            .attribute("host.name", NASTY);
        let obs = builder.log_writer(logs.clone()).build().unwrap();
        let page = obs_axum::metrics_for("/metrics", &obs);
        let server = Server::start(compose(routes(), ObsLayer::new().obs(&obs), page));
        Self { obs, logs, server }
    }

    /// Eight requests to three routes, and what the business counts.
    fn with_traffic(self) -> Self {
        for (id, status) in [(1, 200), (2, 200), (3, 200), (0, 404), (0, 404)] {
            assert_eq!(net::get(self.server.addr(), &format!("/orders/{id}")).status, status);
        }
        for _ in 0..2 {
            assert_eq!(
                net::request(self.server.addr(), "POST", "/orders", &[], "three books").status,
                502
            );
        }
        assert_eq!(net::get(self.server.addr(), "/no/such/page").status, 404);
        self.logs.wait_for_requests(DEADLINE, 8);
        metrics::with_local_recorder(self.obs.registry(), record_business);
        self
    }

    fn get(&self, accept: &str) -> net::Response {
        net::request(self.server.addr(), "GET", "/metrics", &[("accept", accept)], "")
    }

    /// The page in this format, as it came and as our own parser reads it.
    fn page(&self, format: Format) -> (String, Page) {
        let accept = match format {
            Format::Text => "text/plain",
            Format::OpenMetrics => "application/openmetrics-text",
        };
        let text = self.get(accept).text().to_owned();
        let page = Page::parse_as(format, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        (text, page)
    }
}

fn routes() -> Router {
    let order = get(|Path(id): Path<u64>| async move {
        if id == 0 {
            Err(StatusCode::NOT_FOUND)
        } else {
            Ok(format!("order {id}"))
        }
    });
    Router::new()
        .route("/orders/{id}", order)
        .route("/orders", post(|_body: String| async { StatusCode::BAD_GATEWAY }))
}

/// Each kind of the `metrics` facade, described or not.
fn record_business() {
    metrics::describe_counter!(
        "user_registrations_total",
        "Users who signed up, by \"source\" \\ country.\nTwo lines."
    );
    metrics::counter!("user_registrations_total", "country" => "DE", "source" => NASTY).increment(3);
    metrics::counter!("user_registrations_total", "country" => "FR", "source" => "").increment(1);
    metrics::describe_gauge!("cart_abandonment_rate", "Rate of abandoned carts.");
    metrics::gauge!("cart_abandonment_rate").set(-0.25);
    metrics::gauge!("balance", "currency" => "EUR").set(f64::NEG_INFINITY);
    metrics::describe_histogram!(
        "order_processing_seconds",
        metrics::Unit::Seconds,
        "Time to process an order."
    );
    for seconds in [0.0004, 0.07, 0.3, 3.0, 30.0] {
        metrics::histogram!("order_processing_seconds", "status" => "paid").record(seconds);
    }
    metrics::describe_counter!("bytes.sent", metrics::Unit::Bytes, "Bytes sent to partners.");
    metrics::counter!("bytes.sent", "partner-name" => "x").increment(1 << 40);
    metrics::counter!("jobs").increment(2);
}
