//! Whose request it is: what bodies do, drop and panic with, and the caller's baggage.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, resume_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router, body::Body, response::Response, routing::get};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::Request;
use http_body::Frame;
use obs_axum::ObsLayer;
use obs_core::{Obs, context, logs::LogFormat, names::log, otel};
use obs_tests::{
    DEADLINE,
    logs::{LogBuffer, LogLine},
    spans::SpanBuffer,
};
use opentelemetry::propagation::TextMapPropagator as _;
use tower::ServiceExt as _;
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::layer::SubscriberExt as _;

/// An instance whose lines and spans can be seen.
struct Watch {
    obs: Obs,
    lines: LogBuffer,
    spans: SpanBuffer,
}

/// A body of one chunk that logs when it is polled and when it is dropped.
struct Logging(Option<Bytes>);

impl http_body::Body for Logging {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        tracing::info!("polled");
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        tracing::info!("dropped");
    }
}

// === impl Watch ===

impl Watch {
    fn new() -> Self {
        let (lines, spans) = (LogBuffer::new(), SpanBuffer::new());
        let builder = Obs::builder("test")
            .log_format(LogFormat::Json)
            .log_filter("info")
            .log_writer(lines.clone());
        Self {
            obs: builder.tracer_provider(spans.provider()).build().unwrap(),
            lines,
            spans,
        }
    }

    /// Runs what needs the subscriber.
    fn run<R>(&self, work: impl Future<Output = R>) -> R {
        let subscriber = tracing_subscriber::registry().with(self.obs.subscriber_layer());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(work.with_subscriber(subscriber))
    }

    fn layer(&self) -> ObsLayer {
        ObsLayer::new().obs(&self.obs)
    }

    /// The lines so far.
    fn lines(&self) -> Vec<LogLine> {
        self.obs.shutdown(DEADLINE).unwrap();
        self.lines.json_lines()
    }
}

fn request(id: &str) -> Request<Body> {
    Request::get("/")
        .header("x-request-id", id)
        .body(Body::empty())
        .unwrap()
}

/// The ids of the requests that the lines with this message belong to.
fn ids_of(lines: &[LogLine], message: &str) -> Vec<String> {
    let of_message = lines.iter().filter(|line| line.str(log::MESSAGE) == message);
    of_message
        .map(|line| line.get(log::REQUEST_ID).map_or_else(String::new, ToString::to_string))
        .collect()
}

#[test]
fn what_a_body_logs_when_it_is_polled_and_dropped_has_the_requests_ids() {
    let watch = Watch::new();
    let app = Router::new().route(
        "/",
        get(async || Response::new(Body::new(Logging(Some("hello".into()))))),
    );
    let app: Router = app.layer(watch.layer());
    watch.run(async {
        for (id, is_read) in [("read", true), ("dropped", false)] {
            let response = app.clone().oneshot(request(id)).await.unwrap();
            if is_read {
                axum::body::to_bytes(response.into_body(), 100).await.unwrap();
            }
        }
    });
    let lines = watch.lines();
    assert_eq!(ids_of(&lines, "polled"), ["\"read\"", "\"read\""]);
    assert_eq!(ids_of(&lines, "dropped"), ["\"read\"", "\"dropped\""]);
}

#[test]
fn what_a_body_without_content_drops_has_the_requests_ids() {
    struct Empty(#[expect(dead_code, reason = "it is there to be dropped")] Logging);
    impl http_body::Body for Empty {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(None)
        }

        fn is_end_stream(&self) -> bool {
            true
        }
    }
    let watch = Watch::new();
    let app: Router = Router::new().route("/", get(async || Response::new(Body::new(Empty(Logging(None))))));
    watch.run(async { drop(app.layer(watch.layer()).oneshot(request("empty")).await.unwrap()) });
    assert_eq!(ids_of(&watch.lines(), "dropped"), ["\"empty\""]);
}

#[test]
fn a_panic_that_was_caught_shows_in_no_other_request_and_a_payload_is_its_own_message() {
    let watch = Watch::new();
    let handler = async |request: Request<Body>| {
        let caught = AssertUnwindSafe(async { panic!("a secret of the first") })
            .catch_unwind()
            .await;
        assert!(caught.is_err());
        match request.headers()["x-request-id"].to_str().unwrap() {
            "caught" => "fine",
            "thrown" => resume_unwind(Box::new("thrown by hand")),
            "any" => resume_unwind(Box::new(7_u8)),
            _ => panic!("of its own"),
        }
    };
    let app: Router = Router::new().route("/", get(handler)).layer(watch.layer());
    watch.run(async {
        for id in ["caught", "thrown", "any", "own"] {
            let answer = AssertUnwindSafe(app.clone().oneshot(request(id))).catch_unwind().await;
            assert_eq!(answer.is_ok(), id == "caught");
        }
    });
    let lines = watch.lines();
    let said = |id: &str| {
        let line = lines
            .iter()
            .find(|line| line.is_request_line() && line.str(log::REQUEST_ID) == id)
            .unwrap();
        let text = |key| line.get(key).map(|value| value.as_str().unwrap_or_default().to_owned());
        (text(log::ERROR), text(log::ERROR_LOCATION))
    };
    assert_eq!(said("caught"), (None, None));
    assert_eq!(said("thrown"), (Some("thrown by hand".to_owned()), None));
    assert_eq!(said("any"), (Some("(no text)".to_owned()), None));
    let (message, location) = said("own");
    assert_eq!(message.as_deref(), Some("of its own"));
    assert!(location.is_some_and(|location| location.contains("context.rs:")));
    let told = format!("{lines:?} {:?}", watch.spans.ended());
    assert!(!told.contains("a secret of the first"), "{told}");
}

#[test]
fn the_callers_baggage_is_in_opentelemetrys_context() {
    async fn sent() -> String {
        let mut headers = std::collections::HashMap::new();
        let propagator = opentelemetry_sdk::propagation::BaggagePropagator::new();
        propagator.inject_context(&opentelemetry::Context::current(), &mut headers);
        let mut carried = headers.remove("baggage").unwrap_or_default();
        let in_task = context::in_current(async { otel::current_context() });
        let in_task = std::thread::spawn(|| in_task.now_or_never().expect("no waiting"))
            .join()
            .unwrap();
        let mut headers = std::collections::HashMap::new();
        propagator.inject_context(&in_task, &mut headers);
        assert_eq!(carried, headers.remove("baggage").unwrap_or_default());
        if carried.contains(',') {
            let mut members: Vec<_> = carried.split(',').collect();
            members.sort_unstable();
            carried = members.join(",");
        }
        carried
    }
    for (traces, trusts, given, expected) in [
        (
            true,
            true,
            "tier=gold,user=Am%C3%A9lie;ttl=60",
            "tier=gold,user=Am%C3%A9lie;ttl=60",
        ),
        (false, true, "tier=gold", "tier=gold"),
        (true, false, "tier=gold", ""),
        (true, true, "no baggage", ""),
    ] {
        let watch = Watch::new();
        let layer = watch.layer().traces(traces).trust_incoming(trusts);
        let app: Router = Router::new().route("/", get(sent)).layer(layer);
        let body = watch.run(async {
            let mut request = request("a");
            request.headers_mut().insert("baggage", given.parse().unwrap());
            axum::body::to_bytes(app.oneshot(request).await.unwrap().into_body(), 1_000)
                .await
                .unwrap()
        });
        assert_eq!(body, expected);
    }
}
