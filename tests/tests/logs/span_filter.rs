//! The filter of exported spans beside that of lines.

use axum::{Router, routing::get};
use obs_axum::ObsLayer;
use obs_core::{Obs, ObsBuilder};
use obs_tests::{DEADLINE, logs::LogBuffer, spans::SpanBuffer};
use tracing::{debug, debug_span, info, info_span};

use crate::app;

/// One request to a handler that logs and opens spans: the names of its spans with their number of events, and its
/// lines.
fn seen(set: impl FnOnce(ObsBuilder) -> ObsBuilder) -> (Vec<(String, usize)>, usize) {
    async fn order() -> &'static str {
        debug_span!("look up").in_scope(|| debug!("looking"));
        info_span!("charge").in_scope(|| info!("charging"));
        "done"
    }
    let (lines, spans) = (LogBuffer::new(), SpanBuffer::new());
    let builder = Obs::builder("shop")
        .log_writer(lines.clone())
        .tracer_provider(spans.provider());
    let obs = set(builder).build().unwrap();
    let app = Router::new()
        .route("/orders/{id}", get(order))
        .layer(ObsLayer::new().obs(&obs));
    app::run(&obs, async {
        assert_eq!(app::get(&app, "/orders/7", "req-7").await, 200);
    });
    obs.shutdown(DEADLINE).unwrap();
    let spans = spans.ended();
    let spans = spans.iter().map(|span| (span.name.to_string(), span.events.len()));
    (spans.collect(), lines.json_lines().len())
}

fn spans(expected: &[(&str, usize)]) -> Vec<(String, usize)> {
    expected
        .iter()
        .map(|(name, events)| ((*name).to_owned(), *events))
        .collect()
}

const SERVER: (&str, usize) = ("GET /orders/{id}", 0);

#[test]
fn a_filter_of_lines_leaves_spans_as_they_are() {
    for (filter, lines) in [("error", 0), ("off", 0), ("info", 2), ("debug", 3)] {
        assert_eq!(
            seen(|builder| builder.log_filter(filter)),
            (spans(&[("charge", 1), SERVER]), lines),
            "{filter}"
        );
    }
}

#[test]
fn a_filter_of_spans_leaves_lines_as_they_are() {
    let all = spans(&[("look up", 1), ("charge", 1), SERVER]);
    let server_alone = spans(&[SERVER]);
    for (filter, expected) in [("debug", &all), ("off", &server_alone), ("axum=info", &server_alone)] {
        let (seen, lines) = seen(|builder| builder.log_filter("info").span_filter(filter));
        assert_eq!((&seen, lines), (expected, 2), "{filter}");
    }
    let own = concat!("error,", module_path!(), "=debug");
    assert_eq!(seen(|builder| builder.log_filter("error").span_filter(own)), (all, 0));
}

#[test]
fn a_malformed_filter_of_spans_stops_the_start() {
    let error = Obs::builder("shop").span_filter("info,shop=loud").build().unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("span_filter is \"info,shop=loud\"") && text.contains("\"shop=loud\" at character 6"),
        "{text}"
    );
}
