//! `openapi.json` is what the code says.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Alerts, Answer, Controls, Difference, Endpoint, ErrorRow, Line, Metric, MetricRow, Overview, RecordSummary,
    RunningList, Runtime, Session, Suggestions, Trace,
    api::PATHS,
    tests::Bench,
    types::schema::{Schema, Schemas},
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

/// The schema of what a path answers.
fn schema_of(path: &str, all: &mut Schemas) -> Value {
    match path {
        "session" => Answer::<Session>::schema(all),
        "overview" => Answer::<Overview>::schema(all),
        "running" => Answer::<RunningList>::schema(all),
        "endpoint" => Answer::<Endpoint>::schema(all),
        "records" => Answer::<Vec<RecordSummary>>::schema(all),
        "traces/{id}" => Answer::<Trace>::schema(all),
        "lines" => Answer::<Vec<Line>>::schema(all),
        "errors" => Answer::<Vec<ErrorRow>>::schema(all),
        "errors/{fingerprint}" => Answer::<ErrorRow>::schema(all),
        "diff" => Answer::<Difference>::schema(all),
        "alerts" => Answer::<Alerts>::schema(all),
        "metrics" => Answer::<Vec<MetricRow>>::schema(all),
        "metrics/{name}" => Answer::<Metric>::schema(all),
        "runtime" => Answer::<Runtime>::schema(all),
        "suggestions" => Answer::<Suggestions>::schema(all),
        "controls" => Answer::<Controls>::schema(all),
        "openapi.json" => json!({ "type": "object" }),
        other => panic!("what does {other} answer?"),
    }
}

fn parameter(name: &str) -> Value {
    let text = json!({ "type": "string" });
    let time = |what: &str| (format!("{what}: RFC 3339, or milliseconds since 1970."), text.clone());
    let (description, schema) = match name {
        "from" => time("The begin of the window"),
        "to" => time("The end of the window, by default now"),
        "base_from" => time("The begin of the window to compare with, by default the one before"),
        "base_to" => time("The end of the window to compare with"),
        "last" | "live" => (
            "The length of the window, such as 15m, if it has no begin.".to_owned(),
            text,
        ),
        "filter" => ("The filter; for metrics, a text of name or help.".to_owned(), text),
        "sort" => ("The field by which the rows are sorted.".to_owned(), text),
        "order" => (
            "The direction of the order.".to_owned(),
            json!({ "enum": ["desc", "asc"] }),
        ),
        "limit" => (
            "The most rows, by default 100.".to_owned(),
            json!({ "type": "integer", "minimum": 1, "maximum": 1000 }),
        ),
        "cursor" => ("Where the page begins: `next` of the one before.".to_owned(), text),
        "mine" => (
            "The value of a browser's cookie obs-tag: its requests alone.".to_owned(),
            text,
        ),
        "only" => ("Failed records alone.".to_owned(), json!({ "enum": ["all", "errors"] })),
        "follow" => (
            "Rows as they come, as NDJSON.".to_owned(),
            json!({ "enum": ["true", "false"] }),
        ),
        "kind" => (
            "The side of the endpoint.".to_owned(),
            json!({ "enum": ["server", "client"] }),
        ),
        "method" => ("The method of the endpoint.".to_owned(), text),
        "endpoint" => ("The template of the route, or the target of a call.".to_owned(), text),
        "mode" => ("What is compared.".to_owned(), json!({ "enum": ["windows", "slow"] })),
        "span" => ("The span that a page has selected; no matter here.".to_owned(), text),
        "format" => (
            "OTLP JSON, or one HTML file.".to_owned(),
            json!({ "enum": ["otlp", "html"] }),
        ),
        "page" => ("The list that is filtered.".to_owned(), text),
        "text" => ("The filter so far.".to_owned(), text),
        other => panic!("what is the parameter {other}?"),
    };
    json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
}

/// What a path answers, in a sentence.
fn summary(path: &str) -> &'static str {
    match path {
        "session" => "What the client may do, and how far back there is something to see.",
        "overview" => "The service at a glance: endpoints, totals, firing alerts, saturation, telemetry.",
        "running" => "What is running: what is stuck first, then by age.",
        "endpoint" => "One endpoint: heatmap, percentiles, statuses, slowest and failed records.",
        "records" => "Requests, calls, upgrades and jobs that have ended.",
        "traces/{id}" => "One trace: its spans, lines and records; 410 if it was evicted.",
        "lines" => "Log lines, and the ends of requests; with follow=true as they come.",
        "errors" => "Errors by their groups.",
        "errors/{fingerprint}" => "One group of errors with its newest records.",
        "diff" => "What differs between two windows, or between slow requests and the rest.",
        "alerts" => "Alerts, rules, objectives with their budgets, silences.",
        "metrics" => "All metrics by name.",
        "metrics/{name}" => "One metric with its series and their course.",
        "runtime" => "The process, its runtimes, configuration, health checks and versions.",
        "suggestions" => "Completions of a filter.",
        "controls" => "The changes that hold, and those that were made.",
        "openapi.json" => "This description.",
        other => panic!("what is {other}?"),
    }
}

fn operation(path: &super::api::Path, all: &mut Schemas) -> Value {
    let mut parameters: Vec<_> = path.parameters.iter().map(|name| parameter(name)).collect();
    if let Some((_, id)) = path.template.split_once('{') {
        let name = id.trim_end_matches('}');
        parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    }
    let schema = schema_of(path.template, all);
    let mut content = json!({ "application/json": { "schema": schema } });
    if path.template != "openapi.json" {
        for text in ["application/x-ndjson", "text/markdown", "text/plain"] {
            content[text] = json!({ "schema": { "type": "string" } });
        }
    }
    json!({ "get": {
        "summary": summary(path.template),
        "parameters": parameters,
        "responses": {
            "200": { "description": summary(path.template), "content": content },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    }})
}

fn problem() -> Value {
    let optional = |schema: &str| json!({ "type": [schema, "null"] });
    let error = json!({
        "type": "object", "additionalProperties": false, "required": ["code", "message", "parameter", "offset"],
        "properties": {
            "code": { "enum": ["bad_query", "unauthorized", "forbidden", "unknown", "method", "evicted", "too_many", "unavailable"] },
            "message": { "type": "string" },
            "parameter": optional("string"),
            "offset": optional("integer"),
            "evicted_at": { "type": "string", "format": "date-time" },
        },
    });
    json!({ "type": "object", "additionalProperties": false, "required": ["error"], "properties": { "error": error } })
}

fn document() -> Value {
    let mut schemas = Schemas::new();
    let paths: BTreeMap<_, _> = PATHS
        .iter()
        .map(|path| (format!("/api/v1/{}", path.template), operation(path, &mut schemas)))
        .collect();
    schemas.insert("Problem".to_owned(), problem());
    let reference = json!({ "$ref": "#/components/schemas/Problem" });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "The console of obs",
            "version": "1",
            "description": "What a service does and did, below the path where its console is mounted. Times are RFC 3339 in \
                UTC, durations in seconds, ids lower-case hexadecimal digits; a number that is not known is null.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": {
                "description": "Why there is no answer.",
                "content": { "application/json": { "schema": reference } },
            }},
        },
    })
}

/// A line for each path and each schema: short, and its changes can be read.
fn written(document: &Value) -> String {
    let mut text = serde_json::to_string(document).unwrap();
    for key in document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .chain(document["components"]["schemas"].as_object().unwrap().keys())
    {
        text = text.replace(&format!("\"{key}\":{{"), &format!("\n\"{key}\":{{"));
    }
    text + "\n"
}

/// With `OBS_UPDATE=1` the file is written.
#[test]
fn the_file_describes_the_code() {
    let document = written(&document());
    if std::env::var_os("OBS_UPDATE").is_some() {
        std::fs::write(FILE, &document).unwrap();
    }
    let found = std::fs::read_to_string(FILE).unwrap();
    assert!(
        found == document,
        "openapi.json is not what the code says: run this test with OBS_UPDATE=1"
    );
}

#[test]
fn answers_of_a_filled_instance_are_as_described() {
    let document = document();
    let bench = Bench::filled();
    for path in PATHS.iter().filter(|path| path.template != "openapi.json") {
        let pointer = format!(
            "/paths/{}/get/responses/200/content/application~1json/schema",
            format!("/api/v1/{}", path.template).replace('/', "~1")
        );
        let mut schema = document.pointer(&pointer).unwrap().clone();
        schema["components"] = document["components"].clone();
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        let validator = jsonschema::validator_for(&schema).unwrap();
        let answer = bench.json(&bench.example(path.template));
        let errors: Vec<_> = validator
            .iter_errors(&answer)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.template);
    }
}

#[test]
fn problems_are_as_described() {
    let validator = jsonschema::validator_for(&problem()).unwrap();
    let bench = Bench::filled();
    for path in [
        "nothing",
        "lines?last=soon",
        "traces/0",
        "traces/11111111111111111111111111111111",
        "metrics/none",
    ] {
        let problem = bench.get(path, super::Format::Json).unwrap_err();
        let json: Value = serde_json::from_str(&problem.to_json()).unwrap();
        assert!(validator.is_valid(&json), "{json}");
    }
}
