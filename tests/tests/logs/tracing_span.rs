//! The `tracing` span of a request, for other layers.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::{Router, routing::get};
use obs_axum::ObsLayer;
use obs_core::{Obs, trace::SpanReader};
use obs_tests::{DEADLINE, logs::LogBuffer};
use opentelemetry_sdk::trace::SpanData;
use tracing::{info, info_span, warn};
use tracing_subscriber::{filter::LevelFilter, fmt, prelude::*, reload};

use crate::app::get as send;

/// Keeps what a `fmt` layer writes.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone())
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps finished spans.
#[derive(Clone, Debug, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanReader for Ended {
    fn read(&self, span: &SpanData) {
        self.0.lock().unwrap().push(span.clone());
    }
}

/// A service whose lines, spans and plain text can be read.
struct Service {
    obs: Obs,
    app: Router,
    lines: LogBuffer,
    ended: Ended,
    text: Text,
}

impl Service {
    fn new(tracing_span: bool) -> Self {
        async fn order() -> &'static str {
            info!(order = 7, "in the handler");
            info_span!("charge", amount_cents = 1999).in_scope(|| warn!("in a span below"));
            "done"
        }
        let (lines, ended) = (LogBuffer::new(), Ended::default());
        let obs = Obs::builder("shop")
            .log_writer(lines.clone())
            .span_reader(ended.clone())
            .build()
            .unwrap();
        let layer = ObsLayer::new().obs(&obs).tracing_span(tracing_span);
        let app = Router::new().route("/orders/{id}", get(order)).layer(layer);
        Self {
            obs,
            app,
            lines,
            ended,
            text: Text::default(),
        }
    }

    fn plain<S>(&self) -> impl tracing_subscriber::Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    {
        let text = self.text.clone();
        fmt::layer().with_ansi(false).with_writer(move || text.clone())
    }

    /// Sends one request on this thread, with its subscriber.
    fn request(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(send(&self.app, "/orders/7", "req-7")), 200);
    }
}

/// The ids of a line, as a `fmt` layer shows the fields of the span.
fn ids(line: &obs_tests::logs::LogLine) -> String {
    let [request, trace] = ["request_id", "trace_id"].map(|key| line.str(key));
    format!("request_id=\"{request}\" trace_id={trace}")
}

#[test]
fn a_plain_layer_stamps_the_ids_of_the_request() {
    let service = Service::new(true);
    let subscriber = tracing_subscriber::registry()
        .with(service.plain())
        .with(service.obs.subscriber_layer());
    let _default = subscriber.set_default();
    service.request();
    service.obs.shutdown(DEADLINE).unwrap();

    let lines = service.lines.json_lines();
    let text = service.text.lines();
    assert_eq!((lines.len(), text.len()), (3, 2));
    for shown in &text {
        assert!(shown.contains(&ids(&lines[0])), "{shown}");
        let of_request = format!("span_id={}", lines[0].str("span_id"));
        assert!(shown.contains(&of_request) && shown.contains("request{method=\"GET\" endpoint=\"/orders/{id}\""));
    }
    for line in &lines[..2] {
        let others: Vec<_> = line
            .keys()
            .filter(|key| key.starts_with("fields.") || *key == "endpoint")
            .collect();
        assert!(others.is_empty(), "{line:?}");
    }
    assert!((lines[1].number("amount_cents") - 1999.0).abs() < f64::EPSILON);
}

#[test]
fn the_request_has_one_server_span_all_the_same() {
    let service = Service::new(true);
    let subscriber = tracing_subscriber::registry()
        .with(service.plain())
        .with(service.obs.subscriber_layer());
    let _default = subscriber.set_default();
    service.request();
    let spans = service.ended.0.lock().unwrap();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["charge", "GET /orders/{id}"]);
    assert_eq!(spans[0].parent_span_id, spans[1].span_context.span_id());
    let events: Vec<_> = spans
        .iter()
        .map(|span| span.events.iter().map(|event| event.name.as_ref()).collect::<Vec<_>>())
        .collect();
    assert_eq!(events, [vec!["in a span below"], vec!["in the handler"]]);
}

#[test]
fn without_it_other_layers_see_no_span_of_ours() {
    let service = Service::new(false);
    let subscriber = tracing_subscriber::registry()
        .with(service.plain())
        .with(service.obs.subscriber_layer());
    let _default = subscriber.set_default();
    service.request();
    assert_eq!(service.text.lines().len(), 2);
    assert!(service.text.lines().iter().all(|line| !line.contains("request_id")));
}

#[test]
fn it_works_beside_layers_with_filters_that_are_changed() {
    let service = Service::new(true);
    let (filter, handle) = reload::Layer::new(LevelFilter::OFF);
    let subscriber = tracing_subscriber::registry()
        .with(service.obs.subscriber_layer())
        .with(service.plain().with_filter(filter));
    let _default = subscriber.set_default();
    service.obs.set_log_filter("error").unwrap();
    service.request();
    assert!(service.text.lines().is_empty());

    handle.modify(|filter| *filter = LevelFilter::WARN).unwrap();
    service.request();
    let [line] = &service.text.lines()[..] else {
        panic!("{:?}", service.text.lines())
    };
    assert!(
        line.contains("in a span below") && line.contains("request_id=\"req-7\""),
        "{line}"
    );

    service.obs.set_log_filter("info").unwrap();
    service.request();
    service.obs.shutdown(DEADLINE).unwrap();
    let lines = service.lines.json_lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().all(|line| line.str("request_id") == "req-7"));
}
