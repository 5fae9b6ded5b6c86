//! What the conformance traffic is answered, as its
//! [contract](https://github.com/open-telemetry/semantic-conventions-conformance/blob/main/tools/http/test-client/contract.json)
//! has it: JSON.

use serde_json::{Value, json};

/// To `GET /health`.
pub(crate) fn health() -> Value {
    json!({ "ok": true })
}

/// To `GET /users/{id}`.
pub(crate) fn user(id: u64) -> Value {
    json!({ "id": id, "name": "Alice" })
}

/// To `POST /items`: the body comes back, as text if it isn't JSON.
pub(crate) fn item(body: &[u8]) -> Value {
    let payload =
        serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
    json!({ "created": true, "payload": payload })
}

/// To `GET /status/{code}`.
pub(crate) fn status(code: u16) -> Value {
    json!({ "message": format!("status {code}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_those_of_the_contract() {
        assert_eq!(health().to_string(), r#"{"ok":true}"#);
        assert_eq!(user(123).to_string(), r#"{"id":123,"name":"Alice"}"#);
        assert_eq!(
            item(br#"{"name": "widget"}"#).to_string(),
            r#"{"created":true,"payload":{"name":"widget"}}"#
        );
        assert_eq!(status(404).to_string(), r#"{"message":"status 404"}"#);
    }

    #[test]
    fn a_body_that_is_not_json_comes_back_as_text() {
        assert_eq!(item(b"widget")["payload"], "widget");
    }
}
