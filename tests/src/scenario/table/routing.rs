//! What a request is called, and what is left out.

use obs_core::request::Outcome::{ClientError, Ok};

use crate::scenario::{Does::Tell, Expect, Scenario, ask, get, row, shows, text};

/// Names of endpoints, skipped routes.
#[must_use]
#[rustfmt::skip]
pub fn routing() -> Vec<Scenario> {
    let user = || get("/users/7");
    let hello = || text("hello");
    vec![
        row("a route without parameters", get("/"),          "/",             hello(), shows(Ok, 200).sends(5)),
        row("several parameters",     get("/a/1/b/2"),       "/a/{x}/b/{y}",  hello(), shows(Ok, 200).sends(5)),
        row("a wildcard",             get("/tree/a/b/c"),    "/tree/{*rest}", hello(), shows(Ok, 200).sends(5))
            .differs("actix", "a wildcard is a parameter with an expression there", Some(shows(Ok, 200).sends(5).endpoint("/tree/{rest:.*}"))),
        row("a query",                get("/users/7?page=2"), "/users/{id}",  hello(), shows(Ok, 200).sends(5).nowhere("page=2")),
        row("an escaped path",        get("/users/a%20b%22"), "/users/{id}",  hello(), shows(Ok, 200).sends(5)),
        row("a nested router",        get("/api/users/7"),   "/users/{id}",   hello(), shows(Ok, 200).sends(5)).nested_in("/api"),
        row("a router nested under a parameter", get("/t/9/users/7"), "/users/{id}", hello(), shows(Ok, 200).sends(5)).nested_in("/t/{tenant}"),
        row("unmatched in a nested router", get("/api/else"), "/users/{id}",  hello(), shows(ClientError, 404).endpoint("unmatched")).nested_in("/api"),
        row("a namespace",            user(),                "/users/{id}",   hello(), shows(Ok, 200).sends(5)).with(|layer| layer.namespace = "payment"),
        row("no namespace",           user(),                "/users/{id}",   hello(), shows(Ok, 200).sends(5)).with(|layer| layer.namespace = ""),
        row("QUERY",                  ask("QUERY", "/users/7"), "/users/{id}", hello(), shows(ClientError, 405).method("_OTHER")),
        row("an unknown method of 100 bytes", ask("X".repeat(100), "/users/7"), "/users/{id}", hello(), shows(ClientError, 405).method("_OTHER")),
        row("a method of the layer's own", ask("PURGE", "/users/7"), "/users/{id}", hello(), shows(ClientError, 405).method("_OTHER"))
            .with(|layer| layer.known_methods = Some(vec!["GET", "PURGE"])),
        row("a method that the layer leaves out", user(),    "/users/{id}",   hello(), shows(Ok, 200).sends(5).method("_OTHER"))
            .with(|layer| layer.known_methods = Some(vec!["POST"])),
        row("HEAD that the layer leaves out", ask("HEAD", "/users/7"), "/users/{id}", hello(), shows(Ok, 200).method("_OTHER"))
            .with(|layer| layer.known_methods = Some(vec!["GET"])),
        row("a skipped route",        user(),                "/users/{id}",   Tell,    Expect::nothing(200)).with(|layer| layer.skip.push("/users/{id}")),
        row("another route is skipped", user(),              "/users/{id}",   hello(), shows(Ok, 200).sends(5)).with(|layer| layer.skip.push("/health")),
        row("a route below a skipped prefix", user(),        "/users/{id}",   Tell,    Expect::nothing(200)).with(|layer| layer.skip_prefix.push("/users")),
        row("an unmatched path below a skipped prefix", get("/else/7"), "/users/{id}", Tell, Expect::nothing(404)).with(|layer| layer.skip_prefix.push("/else/")),
        row("a prefix that ends within a segment", user(),   "/users/{id}",   hello(), shows(Ok, 200).sends(5)).with(|layer| layer.skip_prefix.push("/user")),
        row("a parameter is no skipped prefix", get("/internal/7"), "/{tenant}/{id}", hello(), shows(Ok, 200).sends(5)).with(|layer| layer.skip_prefix.push("/internal")),
        row("a request that the layer's function skips", user().header("x-probe", "1"), "/users/{id}", Tell, Expect::nothing(200)).with(|layer| layer.skip_if = Some("x-probe")),
        row("another request for that function", user(),     "/users/{id}",   hello(), shows(Ok, 200).sends(5)).with(|layer| layer.skip_if = Some("x-probe")),
        row("the metrics page",       get("/metrics"),       "/users/{id}",   hello(), Expect::nothing(200)).with(|layer| layer.metrics_page = Some("/metrics")),
    ]
}
