//! Answers to calls; the session itself is tested with the command.

use std::io;

use serde_json::{Map, Value, json};

use super::{ask::Asker, server::Server, tools};
use crate::client::{Address, mock::Mock};

const ERRORS: &str = r#"[{"fingerprint":"00ff","kind":"request","method":"POST","endpoint":"/checkout",
    "error_type":"CardError","error":"card declined","count":3,"first":"2026-12-01T17:20:00.000Z",
    "last":"2026-12-01T17:29:55.000Z","example":{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","request_id":"req-7"}}]"#;

fn asker(mock: &Mock) -> Asker {
    Asker::new(Address::parse(&mock.url).unwrap(), None)
}

fn arguments(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_call_is_answered_with_text_and_page() {
    let mock = Mock::console(|path| path.starts_with("errors?").then(|| ERRORS.to_owned()));
    let call = arguments(json!({ "last": "1h", "filter": "status:5xx", "limit": 5_000 }));
    let text = asker(&mock).ask("errors", call).unwrap();
    assert!(text.contains("POST /checkout  card declined"), "{text}");
    assert!(text.contains("trace 4bf92f3577b34da6a3ce929d0e0e4736"), "{text}");
    assert!(text.ends_with(&format!("\npage: {}/obs/errors", mock.url)), "{text}");
    let last = mock.requests().last().unwrap().path.clone();
    assert_eq!(last, "/obs/api/v1/errors?last=1h&filter=status%3A5xx&limit=200");
}

#[test]
fn each_tool_asks_for_what_it_says() {
    let window = json!({ "last": "1m" });
    for (tool, call, path) in [
        ("overview", window.clone(), "overview?last=1m"),
        ("running", json!({}), "running?limit=50"),
        (
            "endpoint",
            json!({ "method": "GET", "endpoint": "/a b" }),
            "endpoint?kind=server&method=GET&endpoint=%2Fa%20b",
        ),
        ("trace", json!({ "trace_id": "../x" }), "traces/..%2Fx"),
        ("lines", window.clone(), "lines?last=1m&limit=50"),
        ("difference", json!({ "slow": true }), "diff?mode=slow"),
        ("alerts", json!({}), "alerts"),
        ("slos", json!({}), "alerts"),
    ] {
        let expected = path.to_owned();
        let mock = Mock::console(move |asked| {
            (asked == expected).then(|| {
                if asked.starts_with("lines") {
                    "[]".to_owned()
                } else {
                    "{}".to_owned()
                }
            })
        });
        let answer = asker(&mock).ask(tool, arguments(call));
        assert!(answer.is_ok(), "{tool}: {answer:?}, {:?}", mock.requests().last());
    }
}

#[test]
fn all_tools_only_read_and_describe_their_arguments() {
    let tools = tools::all();
    assert_eq!(tools.len(), 9);
    for tool in tools {
        let hints = &tool["annotations"];
        assert_eq!(
            (&hints["readOnlyHint"], &hints["destructiveHint"]),
            (&json!(true), &json!(false))
        );
        let schema = &tool["inputSchema"];
        for required in schema["required"].as_array().unwrap() {
            assert!(schema["properties"][required.as_str().unwrap()]["description"].is_string());
        }
    }
}

fn served(input: &str) -> Vec<Value> {
    let mut output = Vec::new();
    let gone = Asker::new(Address::parse("http://127.0.0.1:1/obs").unwrap(), None);
    Server::new(gone).serve(input.as_bytes(), &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_version_of_the_client_is_taken_if_it_is_known() {
    let begin = |version: &str| {
        let answers = served(&format!(
            r#"{{"jsonrpc":"2.0","id":"a","method":"initialize","params":{{"protocolVersion":"{version}"}}}}"#
        ));
        assert_eq!(answers[0]["id"], "a");
        answers[0]["result"]["protocolVersion"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (begin("2024-11-05"), begin("2099-01-01")),
        ("2024-11-05".to_owned(), "2025-11-25".to_owned())
    );
}

#[test]
fn what_is_no_request_is_refused_and_ends_nothing() {
    let answers = served(
        "not json\n[]\n\"text\"\n{}\n{\"id\":{},\"method\":\"ping\"}\n{\"id\":1,\"result\":{}}\n\
         {\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n{\"id\":2,\"method\":\"tools/call\",\"params\":[]}\n\
         {\"id\":3,\"method\":\"ping\"}",
    );
    let codes: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer["error"]["code"].as_i64())
        .collect();
    assert_eq!(codes.iter().filter(|code| **code == -32_700).count(), 1, "{answers:?}");
    assert_eq!(codes.iter().filter(|code| **code == -32_600).count(), 3, "{answers:?}");
    assert_eq!(codes.iter().filter(|code| **code == -32_602).count(), 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .any(|answer| answer["id"] == 3 && answer["result"].is_object())
    );
}

#[test]
fn a_message_without_an_end_is_not_read_for_ever() {
    let endless = io::BufReader::new(io::repeat(b' '));
    let error = Server::new(Asker::new(Address::parse("a").unwrap(), None))
        .serve(endless, io::sink())
        .unwrap_err();
    assert!(error.to_string().contains("1 MiB"), "{error}");
}

#[test]
fn arguments_that_a_tool_has_not_are_refused_before_anything_is_asked() {
    let mock = Mock::console(|_| None);
    for call in [
        json!({ "colour": "red" }),
        json!({ "limit": "5" }),
        json!({ "last": 5 }),
    ] {
        let error = asker(&mock).ask("errors", arguments(call)).unwrap_err();
        assert!(error.contains("see its schema"), "{error}");
    }
    assert!(mock.requests().is_empty());
}

#[test]
fn an_answer_is_bounded_and_says_so() {
    let line = r#"{"at":"2026-12-01T17:20:00.000Z","level":"INFO","target":"a","message":"MESSAGE","fields":[]}"#;
    let line = line.replace("MESSAGE", &"x".repeat(1_000));
    let lines = format!("[{}]", vec![line; 100].join(","));
    let mock = Mock::console(move |path| path.starts_with("lines").then(|| lines.clone()));
    let text = asker(&mock).ask("lines", Map::new()).unwrap();
    assert!(text.len() < 25 << 10, "{}", text.len());
    assert!(text.contains("more lines did not fit"), "{}", &text[text.len() - 200..]);
}

#[test]
fn a_console_that_is_away_is_an_error_of_the_call_alone() {
    let gone = Asker::new(Address::parse("http://127.0.0.1:1/obs").unwrap(), None);
    let error = gone.ask("overview", Map::new()).unwrap_err();
    assert!(error.contains("nothing listens there"), "{error}");
}
