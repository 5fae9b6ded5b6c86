//! The tools with the schemas of their arguments.

use serde_json::{Map, Value, json};

/// An argument: its name, its type, what it is.
type Argument = (&'static str, &'static str, &'static str);

const LAST: Argument = (
    "last",
    "string",
    "The window that ends now, such as 15m or 1h; 15m by default",
);
const FROM: Argument = (
    "from",
    "string",
    "The begin of the window, RFC 3339 in UTC; in place of `last`",
);
const TO: Argument = ("to", "string", "The end of the window, RFC 3339 in UTC");
const LIMIT: Argument = ("limit", "integer", "The most rows, 1 to 200; 50 by default");
const FILTER: Argument = (
    "filter",
    "string",
    "Words and \"quoted texts\" that have to be there, key:value, key:a|b, key:>500ms, -key:value for not. Keys: level (at \
     least), target, service, kind, method, endpoint, path, status (also 5xx), outcome, duration, error_type, request_id, \
     trace_id, client, field.NAME",
);

/// A tool: its name, what it does, its arguments, which of them are required.
type Description = (&'static str, &'static str, &'static [Argument], &'static [&'static str]);

const TOOLS: [Description; 9] = [
    (
        "overview",
        "Rate, errors and durations of each endpoint of the service, firing alerts, and what is full",
        &[LAST, FROM, TO],
        &[],
    ),
    (
        "running",
        "Requests, outgoing calls and jobs that are running now, the stuck ones first, each with its trace id",
        &[FILTER, LIMIT],
        &[],
    ),
    (
        "endpoint",
        "One endpoint: how its requests end, its slowest requests and its newest errors, with their trace ids",
        &[
            ("method", "string", "The method, such as GET"),
            (
                "endpoint",
                "string",
                "The route as `overview` shows it, such as /orders/{id}",
            ),
            ("kind", "string", "server (the default), or client for outgoing calls"),
            LAST,
            FROM,
            TO,
        ],
        &["method", "endpoint"],
    ),
    (
        "errors",
        "Errors that requests and jobs have ended in, by kind, each with why, how often, and an example's trace id",
        &[LAST, FROM, TO, FILTER, LIMIT],
        &[],
    ),
    (
        "trace",
        "A trace: its spans as a waterfall, why it failed, and its log lines in order",
        &[("trace_id", "string", "The id of the trace, 32 hexadecimal digits")],
        &["trace_id"],
    ),
    (
        "lines",
        "Log lines, the newest first",
        &[LAST, FROM, TO, FILTER, LIMIT],
        &[],
    ),
    (
        "difference",
        "What differs between a window and the one before or another one, or between slow requests and the rest: \
         endpoints, attributes, versions",
        &[
            LAST,
            FROM,
            TO,
            (
                "base_from",
                "string",
                "The begin of the window to compare with, RFC 3339 in UTC",
            ),
            ("base_to", "string", "The end of the window to compare with"),
            (
                "slow",
                "boolean",
                "Compare the slowest twentieth of each endpoint with the rest",
            ),
        ],
        &[],
    ),
    (
        "alerts",
        "Alerts that are pending or firing with their runbooks, and past ones",
        &[],
        &[],
    ),
    (
        "slos",
        "The objectives of the service with what is left of their error budgets",
        &[],
        &[],
    ),
];

/// All tools, as `tools/list` has them.
pub(super) fn all() -> Vec<Value> {
    TOOLS.iter().map(tool).collect()
}

fn tool((name, description, arguments, required): &Description) -> Value {
    let properties: Map<String, Value> = arguments
        .iter()
        .map(|(name, kind, description)| {
            let schema = json!({ "type": kind, "description": description });
            ((*name).to_owned(), schema)
        })
        .collect();
    json!({
        "name": name,
        "description": description,
        "inputSchema": {
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        },
        "annotations": {
            "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false,
        },
    })
}

/// Whether there is a tool of this name.
pub(super) fn is_known(tool: &str) -> bool {
    TOOLS.iter().any(|(name, ..)| *name == tool)
}

/// Whether a tool has an argument of this type.
pub(super) fn takes(tool: &str, argument: &str, value: &Value) -> bool {
    let of_tool = TOOLS.iter().find(|(name, ..)| *name == tool);
    let mut arguments = of_tool.map_or(&[][..], |(_, _, arguments, _)| arguments).iter();
    arguments.any(|(name, kind, _)| {
        *name == argument
            && match *kind {
                "string" => value.is_string(),
                "integer" => value.is_u64(),
                _ => value.is_boolean(),
            }
    })
}
