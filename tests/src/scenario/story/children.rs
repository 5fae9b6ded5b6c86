//! Work inside of a handler.

use obs_core::{names::log, trace};
use tracing::Instrument as _;

use crate::{
    DEADLINE,
    logs::LogLine,
    scenario::{Adapter, Ask, Does, PARENT, Route, SeenSpan, Settings, Stage, Wire, ask_all, get, text},
};

/// `tracing` spans and `trace::in_span` in a handler are children of the server span, and events
/// carry the id of the span that they stand in.
#[track_caller]
pub fn children_lie_below_the_server_span(adapter: &dyn Adapter, wire: Wire) {
    let (spans, lines) = played(adapter, wire, get("/work"));
    let named = |name: &str| {
        let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        let [span] = found[..] else {
            panic!("{} spans {name:?} in {spans:#?}", found.len())
        };
        span
    };
    let server = named("GET /work");
    assert!(server.is_server && server.parent_span_id == PARENT[36..52], "{server}");
    for (child, parent) in [
        ("load", "GET /work"),
        ("query", "load"),
        ("charge", "GET /work"),
        ("inside", "charge"),
    ] {
        assert_eq!(named(child).parent_span_id, named(parent).span_id, "parent of {child}");
        assert_eq!(named(child).trace_id, PARENT[3..35], "trace of {child}");
    }
    for (message, span) in [
        ("loading", "query"),
        ("charging", "inside"),
        ("at the top", "GET /work"),
    ] {
        let line = line(&lines, message);
        assert_eq!(line.str(log::SPAN_ID), named(span).span_id, "span of {message}");
        assert_eq!(*line.str(log::TRACE_ID), PARENT[3..35], "trace of {message}");
    }
    assert_eq!(spans.len(), 5, "{spans:#?}");
}

/// Where the caller left the trace unsampled there is no span at all, and the ids are on each line.
#[track_caller]
pub fn unsampled_requests_have_no_children(adapter: &dyn Adapter, wire: Wire) {
    let unsampled = format!("{}00", &PARENT[..53]);
    let (spans, lines) = played(adapter, wire, get("/work").traceparent([unsampled]));
    assert!(spans.is_empty(), "{spans:#?}");
    let own = lines
        .iter()
        .find(|line| line.is_request_line())
        .expect("the canonical line")
        .str(log::SPAN_ID);
    for message in ["loading", "charging", "at the top"] {
        let line = line(&lines, message);
        assert_eq!(
            (line.str(log::TRACE_ID), line.str(log::SPAN_ID)),
            (&PARENT[3..35], own),
            "ids of {message}"
        );
    }
}

fn played(adapter: &dyn Adapter, wire: Wire, ask: Ask) -> (Vec<SeenSpan>, Vec<LogLine>) {
    let stage = Stage::in_memory();
    let server = stage.serve(adapter, &[Route::new("/work", Does::run(work))], &Settings::default());
    assert_eq!(ask_all(wire, server.addr(), &[ask])[0].status, 200);
    assert!(stage.wait_finished(1));
    assert!(server.stop(DEADLINE));
    stage.flush(1);
    (stage.spans(), stage.lines())
}

async fn work() -> crate::scenario::Reply {
    let query = async {
        tokio::task::yield_now().await;
        tracing::info!("loading");
    };
    let load = async { query.instrument(tracing::info_span!("query")).await };
    load.instrument(tracing::info_span!("load")).await;
    trace::in_span("charge", async {
        tokio::task::yield_now().await;
        async { tracing::info!("charging") }
            .instrument(tracing::info_span!("inside"))
            .await;
    })
    .await;
    tracing::info!("at the top");
    text("done")
}

fn line<'a>(lines: &'a [LogLine], message: &str) -> &'a LogLine {
    let found: Vec<_> = lines.iter().filter(|line| line.str(log::MESSAGE) == message).collect();
    let [line] = found[..] else {
        panic!("{} lines {message:?} in {lines:#?}", found.len())
    };
    line
}
