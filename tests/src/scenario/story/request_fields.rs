//! Fields that handlers record on `tracing` spans.

use obs_core::names::value::REDACTED;
use tracing::{Span, info, instrument};

use crate::{
    DEADLINE,
    scenario::{Adapter, Attribute, Does, Reply, Route, Settings, Stage, Wire, ask_all, get, status},
};

/// The names that the builder gets.
const NAMES: [&str; 3] = ["user_id", "tenant", "session_token"];

/// Work in a span of its own, which declares a field of the request.
#[instrument(skip_all, fields(tenant))]
async fn charge() {
    tokio::task::yield_now().await;
    Span::current().record("tenant", "blue");
}

async fn order() -> Reply {
    let span = Span::current();
    span.record("user_id", "user-456");
    span.record("session_token", "5ecr3t");
    span.record("undeclared", "x");
    charge().await;
    info!("an event");
    status(200)
}

/// What handlers record under the names that the builder was given is on the line and the span of the request, and on
/// no other one.
#[track_caller]
pub fn fields_of_tracing_spans_are_those_of_their_request(adapter: &dyn Adapter, wire: Wire) {
    let stage = Stage::in_memory_with(|builder| builder.request_fields(NAMES));
    let routes = [
        Route::new("/orders/{id}", Does::run(order)),
        Route::new("/plain", status(200)),
    ];
    let server = stage.serve(adapter, &routes, &Settings::default());
    let asks = [get("/orders/7"), get("/plain"), get("/orders/8")];
    let answers = ask_all(wire, server.addr(), &asks);
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert!(stage.wait_finished(asks.len()));
    assert!(server.stop(DEADLINE));
    stage.flush(asks.len());

    let expected = [("user_id", "user-456"), ("tenant", "blue"), ("session_token", REDACTED)];
    let lines = stage.lines();
    for line in lines.iter().filter(|line| line.is_request_line()) {
        let is_order = line.str("endpoint") == "/orders/{id}";
        for (key, value) in expected {
            let seen = line.get(key).and_then(|seen| seen.as_str());
            assert_eq!(seen, is_order.then_some(value), "{key} of {line:?}");
        }
        assert_eq!(line.get("undeclared"), None);
    }
    let servers: Vec<_> = stage.spans().into_iter().filter(|span| span.is_server).collect();
    assert_eq!(servers.len(), asks.len());
    for span in servers {
        let is_order = span.name.ends_with("/orders/{id}");
        for (key, value) in expected {
            let expected = is_order.then(|| Attribute::Text(value.to_owned()));
            assert_eq!(span.attributes.get(key), expected.as_ref(), "{key} of {span:?}");
        }
        assert_eq!(span.attributes.get("undeclared"), None);
    }
    // The lines of events have them from then on.
    let events: Vec<_> = lines.iter().filter(|line| line.str("message") == "an event").collect();
    assert_eq!(events.len(), 2);
    assert!(
        events.iter().all(|line| line.str("user_id") == "user-456"),
        "{events:?}"
    );
}
