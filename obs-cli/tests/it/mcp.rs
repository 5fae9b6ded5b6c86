//! A session of the Model Context Protocol, written from its schema: JSON-RPC 2.0, one message on each line.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::{obs, shop};

/// Sends messages, reads until each request is answered, and ends the session.
fn session(url: &str, messages: &[Value]) -> (i32, Vec<Value>) {
    let mut child = obs(&["mcp", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for message in messages {
        writeln!(input, "{message}").unwrap();
    }
    let requests = messages.iter().filter(|message| message["id"].is_u64()).count();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let answers = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let answers: Vec<_> = answers.filter(|answer| answer["id"].is_u64()).take(requests).collect();
    drop(input);
    (child.wait().unwrap().code().unwrap(), answers)
}

fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn begin() -> [Value; 2] {
    let client = json!({ "protocolVersion": "2025-06-18", "capabilities": {},
                         "clientInfo": { "name": "test", "version": "1" } });
    [
        request(1, "initialize", &client),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
    ]
}

fn answer(answers: &[Value], id: u64) -> &Value {
    answers
        .iter()
        .find(|answer| answer["id"] == id)
        .unwrap_or_else(|| panic!("{id}: {answers:?}"))
}

#[test]
fn an_assistant_finds_route_reason_and_line() {
    let mock = shop::console();
    let call =
        |id, name: &str, arguments: &Value| request(id, "tools/call", &json!({ "name": name, "arguments": arguments }));
    let mut messages = begin().to_vec();
    messages.extend([
        request(2, "tools/list", &json!({})),
        call(3, "overview", &json!({})),
        call(4, "errors", &json!({ "last": "15m" })),
        call(5, "trace", &json!({ "trace_id": shop::TRACE })),
        call(6, "trace", &json!({ "trace_id": "00" })),
        call(7, "errors", &json!({ "colour": "red" })),
        call(8, "silence", &json!({})),
        request(9, "ping", &json!({})),
    ]);
    let (code, answers) = session(&mock.url, &messages);
    assert_eq!(code, 0);

    let info = &answer(&answers, 1)["result"];
    assert_eq!(
        (&info["protocolVersion"], &info["serverInfo"]["name"]),
        (&json!("2025-06-18"), &json!("obs"))
    );
    assert!(info["capabilities"]["tools"].is_object());

    let tools = answer(&answers, 2)["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let expected = [
        "overview",
        "running",
        "endpoint",
        "errors",
        "trace",
        "lines",
        "difference",
        "alerts",
        "slos",
    ];
    assert_eq!(names, expected);
    for tool in tools {
        assert_eq!(
            (&tool["annotations"]["readOnlyHint"], &tool["inputSchema"]["type"]),
            (&json!(true), &json!("object"))
        );
    }

    let text = |id| {
        let result = &answer(&answers, id)["result"];
        (
            result["content"][0]["text"].as_str().unwrap().to_owned(),
            result["isError"].as_bool().unwrap_or(false),
        )
    };
    let (overview, _) = text(3);
    assert!(
        overview.contains("POST /checkout") && overview.contains("50%"),
        "{overview}"
    );
    let (errors, is_error) = text(4);
    assert!(
        errors.contains("because timed out") && errors.contains(shop::TRACE) && !is_error,
        "{errors}"
    );
    let (trace, _) = text(5);
    assert!(
        trace.contains("the bank did not answer") && trace.contains("/obs/trace/"),
        "{trace}"
    );
    assert!(text(6).1 && text(7).1, "the model is told");
    assert!(answer(&answers, 8)["error"]["code"].is_i64(), "there are no controls");
    assert!(answer(&answers, 9)["result"].is_object());
}

#[test]
fn messages_that_are_none_end_nothing() {
    let mock = shop::console();
    let mut messages = begin().to_vec();
    messages.push(json!("not a message"));
    messages.push(request(2, "no/such/method", &json!({})));
    messages.push(request(3, "ping", &json!({})));
    let (code, answers) = session(&mock.url, &messages);
    assert_eq!(code, 0);
    assert!(answer(&answers, 2)["error"].is_object() && answer(&answers, 3)["result"].is_object());
}
