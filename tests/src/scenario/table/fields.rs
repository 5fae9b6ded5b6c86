//! What handlers log and set on spans: code that panics, secrets, too much of it.

use std::fmt;

use obs_core::{context, request::Outcome::Ok, trace};

use crate::scenario::{Does, Scenario, get, row, shows, text};

/// Panics whenever it is formatted.
struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose")
    }
}

/// How fields and attributes of handlers leave requests alone.
#[must_use]
pub fn fields() -> Vec<Scenario> {
    let does = |work: fn()| {
        Does::run(move || async move {
            work();
            text("hello")
        })
    };
    let ends = || shows(Ok, 200).sends(5).answer_body("hello");
    let panics = does(|| {
        tracing::info!(bad = ?Panics, "{:?}", Panics);
        let span = tracing::info_span!("work", bad = ?Panics, late = tracing::field::Empty);
        span.record("late", tracing::field::debug(Panics));
        span.in_scope(|| tracing::info!(bad = ?Panics, "inside"));
    });
    let repeats = does(|| (0..1_000).for_each(|n| trace::set_attribute("repeated", n)));
    let floods = does(|| {
        (0..300).for_each(|n| trace::set_attribute(format!("key.{n}"), "x".repeat(100_000)));
        (0..300).for_each(|n| tracing::info!(n, "{}", "x".repeat(10_000)));
    });
    let secrets = does(|| {
        tracing::info!(
            password = "5ecr3t",
            CSRFToken = "5ecr3t",
            "GET https://bob:5ecr3t@h/?reset_token=5ecr3t"
        );
        trace::set_attribute("client_secret", "5ecr3t");
        trace::record_error(&std::io::Error::other("no answer from https://h/?sig=5ecr3t"));
        let _span = tracing::info_span!("login", DBPassword = "5ecr3t").entered();
    });
    let records = Does::run(|| async {
        context::record("user_id", "user-1");
        trace::in_span("load cart", async {
            context::record("user_id", "user-456");
            context::record("reset_token", "5ecr3t");
        })
        .await;
        text("hello")
    });
    vec![
        row(
            "values that the handler records on line and span",
            get("/work"),
            "/work",
            records,
            ends()
                .recorded("user_id", "user-456")
                .recorded("reset_token", "REDACTED")
                .recorded("api", "v2")
                .nowhere("5ecr3t")
                .no_span_has("5ecr3t"),
        )
        .with(|settings| settings.fields.extend([("api", "v1"), ("api", "v2")])),
        row(
            "fields that panic when they are formatted",
            get("/work"),
            "/work",
            panics,
            ends(),
        ),
        row(
            "an attribute that is set 1000 times",
            get("/work"),
            "/work",
            repeats,
            ends(),
        ),
        row(
            "more and longer attributes and events than there is room for",
            get("/work"),
            "/work",
            floods,
            ends(),
        ),
        row(
            "secrets in fields, attributes and errors",
            get("/work"),
            "/work",
            secrets,
            ends().nowhere("5ecr3t").no_span_has("5ecr3t"),
        ),
    ]
}
