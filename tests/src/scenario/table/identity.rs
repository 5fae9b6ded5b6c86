//! Whose request it is: ids, traces, what is sent on.

use obs_core::request::Outcome::Ok;

use crate::scenario::{
    Act::LeaveBeforeHead,
    Does::{Hang, Panic as Panics, Tell},
    Ids::{Linked, Off, Restarted, Unsampled},
    Scenario, get, row, shows, status,
};

/// The caller's trace, which it left unsampled.
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
/// A parent of a version to come.
const FUTURE: &str = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-holds";
/// The longest request id that is honoured.
const LONGEST_ID: &str = concat!(
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABC._-"
);

/// Ids of requests and traces.
#[must_use]
#[rustfmt::skip]
pub fn identity() -> Vec<Scenario> {
    use obs_core::request::Outcome::{Cancelled, ClientError, Panic, ServerError};
    let user = || get("/users/7");
    let tells = || shows(Ok, 200).sends(4);
    let alone = || user().traceparent([""; 0]);
    vec![
        row("the caller's trace",     user(),                                  "/users/{id}", Tell, tells()),
        row("a caller without a trace", alone(),                               "/users/{id}", Tell, tells().ids(Restarted)),
        row("a parent of a version to come", user().traceparent([FUTURE]),     "/users/{id}", Tell, tells()),
        row("an unsampled parent",    user().traceparent([UNSAMPLED]),         "/users/{id}", Tell, tells().ids(Unsampled)),
        row("an unsampled failure",   user().traceparent([UNSAMPLED]),         "/users/{id}", status(500), shows(ServerError, 500).sends(6).ids(Unsampled)),
        row("an unsampled client gone", user().traceparent([UNSAMPLED]).then(LeaveBeforeHead), "/users/{id}", Hang, shows(Cancelled, 499).ids(Unsampled))
            .resets_a_waiting_stream(),
        row("a parent that is not trusted", user(),                            "/users/{id}", Tell, tells().ids(Linked))
            .with(|layer| layer.trust_incoming = false),
        row("an unsampled parent that is not trusted", user().traceparent([UNSAMPLED]), "/users/{id}", Tell, tells().ids(Linked))
            .with(|layer| layer.trust_incoming = false),
        row("tracestate and baggage are sent on", user().header("tracestate", "a=1,b=2").header("baggage", "tier=gold"), "/users/{id}", Tell,
            tells().answer_header("x-sent-tracestate", "a=1,b=2").answer_header("x-sent-baggage", "tier=gold")),
        row("two tracestate headers are one", user().header("tracestate", "a=1").header("tracestate", "b=2"), "/users/{id}", Tell,
            tells().answer_header("x-sent-tracestate", "a=1,b=2")),
        row("tracestate of a parent that is not trusted", user().header("tracestate", "a=1"), "/users/{id}", Tell,
            tells().ids(Linked).no_answer_header("x-sent-tracestate")).with(|layer| layer.trust_incoming = false),
        row("a request id",           user().header("x-request-id", "order-1.2_3"), "/users/{id}", Tell, tells().request_id("order-1.2_3")),
        row("the longest request id", user().header("x-request-id", LONGEST_ID),    "/users/{id}", Tell, tells().request_id(LONGEST_ID)),
        row("logs off",               user().header("x-request-id", "a-1"),    "/users/{id}", Tell, tells().request_id("a-1")).with(|layer| layer.logs = false),
        row("traces off",             user(),                                  "/users/{id}", Tell, tells()).with(|layer| layer.traces = false),
        row("metrics off",            user(),                                  "/users/{id}", Tell, tells()).with(|layer| layer.metrics = false),
        row("logs and traces off",    user().header("x-request-id", "a-1"),    "/users/{id}", Tell, tells().ids(Off).no_answer_header("x-sent-traceparent"))
            .with(|layer| (layer.logs, layer.traces) = (false, false)),
        row("a layer within itself",  user().header("x-request-id", "a-1"),    "/users/{id}", Tell, tells().request_id("a-1")).with(|layer| layer.nested = true),
        row("a layer within itself, without a trace", alone(),                 "/users/{id}", Tell, tells().ids(Restarted)).with(|layer| layer.nested = true),
        row("a layer within itself, metrics alone", user(),                    "/users/{id}", Tell, tells().ids(Off))
            .with(|layer| (layer.nested, layer.logs, layer.traces) = (true, false, false)),
        row("a layer within itself, a failure", user(),                        "/users/{id}", status(500), shows(ServerError, 500).sends(6)).with(|layer| layer.nested = true),
        row("a layer within itself, unmatched", get("/else"),                  "/users/{id}", Tell, shows(ClientError, 404).endpoint("unmatched")).with(|layer| layer.nested = true),
        row("a layer within itself, a panic", user(),                          "/users/{id}", Panics("on purpose"), shows(Panic, 500).panic("on purpose"))
            .with(|layer| layer.nested = true),
        row("a layer within itself, a client gone", user().then(LeaveBeforeHead), "/users/{id}", Hang, shows(Cancelled, 499)).with(|layer| layer.nested = true)
            .resets_a_waiting_stream(),
        row("all off",                user(),                                  "/users/{id}", Tell, tells().ids(Off))
            .with(|layer| (layer.metrics, layer.logs, layer.traces) = (false, false, false)),
    ]
}
