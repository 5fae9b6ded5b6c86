//! The lines of the example are those that its comments promise.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use std::process::Command;

use serde_json::Value;

fn lines(filter: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_logging"))
        .env_clear()
        .env("RUST_LOG", filter)
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn with<'a>(lines: &'a [Value], message: &str) -> &'a Value {
    lines.iter().find(|line| line["message"] == message).unwrap()
}

#[test]
fn the_context_is_on_the_lines_of_its_job_until_it_is_cleared() {
    let lines = lines("info");
    let action = with(&lines, "User action");
    assert_eq!(
        (&action["action"], &action["user_id"]),
        (&"login".into(), &"user-456".into())
    );
    let elsewhere = with(&lines, "still the same user");
    assert_eq!(
        (&elsewhere["user_id"], &elsewhere["request_id"]),
        (&"user-456".into(), &action["request_id"])
    );
    let after = with(&lines, "User signed out");
    assert_eq!(
        (&after["user_id"], &after["request_id"]),
        (&Value::Null, &action["request_id"])
    );
    let next = with(&lines, "the next job has ids of its own, and no user");
    assert!(next["user_id"].is_null() && next["request_id"].is_string() && next["request_id"] != action["request_id"]);
    assert!(with(&lines, "outside of any request: no ids")["request_id"].is_null());
}

#[test]
fn secrets_are_redacted_and_levels_filtered() {
    let quiet = lines("info");
    let form = with(&quiet, "form received");
    assert_eq!(
        (&form["password"], &form["card_number"]),
        (&"REDACTED".into(), &"REDACTED".into())
    );
    assert!(quiet.iter().all(|line| line["level"] != "debug"));
    assert_eq!(with(&lines("debug"), "looked up")["level"], "debug");
}
