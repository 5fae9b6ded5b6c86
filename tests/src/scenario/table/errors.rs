//! Why a request has failed.

use std::{io, sync::LazyLock};

use obs_core::{
    request::Outcome::{ClientError, ServerError},
    trace::{in_span, record_error},
};

use crate::scenario::{
    Does, Expect,
    Failing::{self, Chained, Huge, Panics, Ring, Secret},
    Ids::Unsampled,
    Scenario, get, row, shows, status,
};

/// The caller's trace, which it left unsampled.
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
/// Why a framework shows less.
const TEXT_ALONE: &str = "actix-web knows the text of an error alone";
/// As much as is kept of a text.
static CUT: LazyLock<String> = LazyLock::new(|| "x".repeat(4_096));

/// Errors behind responses: those that the handler returns, and those that it records.
#[must_use]
pub fn errors() -> Vec<Scenario> {
    let order = || get("/orders/7");
    let failed = |code| shows(ServerError, code).sends(6);
    let chained = || {
        failed(500)
            .error("order not placed")
            .error_chain("payment failed: no answer within 2 s")
            .located()
            .error_class("::Failing")
    };
    let returns = |name, error, expect: Expect| {
        let shorter = Expect {
            error_chain: None,
            has_place: false,
            error_class: None,
            ..expect.clone()
        };
        let does = Does::Error(500, error);
        row(name, order(), "/orders/{id}", does, expect.located()).differs("actix", TEXT_ALONE, Some(shorter))
    };
    let records = |error: Failing, code| {
        Does::run(move || async move {
            record_error(&error);
            status(code)
        })
    };
    let inside = Does::run(|| async {
        in_span("charge", async { record_error(&io::Error::other("declined")) }).await;
        record_error(&Chained);
        status(500)
    });
    let deep = Does::run(|| async {
        in_span("charge", async { record_error(&Chained) }).await;
        status(503)
    });
    vec![
        returns("an error that the handler returns", Chained, chained()),
        returns("an error that is its own source", Ring, failed(500).error("ring")),
        returns(
            "an error that panics",
            Panics,
            failed(500).error("<panicked while formatting>"),
        ),
        returns("an error of a mebibyte", Huge, failed(500).error(&CUT)),
        returns(
            "an error with a secret",
            Secret,
            failed(500)
                .error("no answer from https://REDACTED@h/?sig=REDACTED")
                .nowhere("5ecr3t")
                .no_span_has("5ecr3t"),
        ),
        row(
            "an error that makes no 5xx",
            order(),
            "/orders/{id}",
            Does::Error(404, Chained),
            shows(ClientError, 404).sends(6).nowhere("not placed"),
        ),
        row(
            "an error that the handler records",
            order(),
            "/orders/{id}",
            records(Chained, 500),
            chained(),
        ),
        row(
            "an error that is recorded and dealt with",
            order(),
            "/orders/{id}",
            records(Chained, 409),
            shows(ClientError, 409).sends(6).nowhere("not placed"),
        ),
        row("the last of several errors", order(), "/orders/{id}", inside, chained()),
        row(
            "an error that is recorded in a span",
            order(),
            "/orders/{id}",
            deep,
            Expect {
                error_type: Some("503".to_owned()),
                answer: Some(503),
                status: 503,
                ..chained()
            },
        ),
        row(
            "an error in an unsampled request",
            order().traceparent([UNSAMPLED]),
            "/orders/{id}",
            records(Chained, 500),
            chained().ids(Unsampled),
        ),
    ]
}
