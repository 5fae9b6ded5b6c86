//! Messages of JSON-RPC 2.0.

use serde_json::{Value, json};

/// A message that needs an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    /// A number or a string, which the answer repeats.
    pub(super) id: Value,
    pub(super) method: String,
    pub(super) params: Value,
}

/// Why a request is refused: a code of JSON-RPC and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal(i32, String);

// === impl Request ===

impl Request {
    /// Reads a line; `None` for a notification, or an answer, which need none.
    ///
    /// # Errors
    ///
    /// The answer to a line that is no message.
    pub(super) fn read(line: &[u8]) -> Result<Option<Self>, Value> {
        let parsed = serde_json::from_slice::<Value>(line);
        let mut message = parsed.map_err(|error| {
            answer(
                &Value::Null,
                Err(Refusal(-32_700, format!("this is not JSON: {error}"))),
            )
        })?;
        // Arrays are batches, which no version here has.
        if !message.is_object() {
            return Err(answer(
                &Value::Null,
                Err(Refusal(-32_600, "this is no request".to_owned())),
            ));
        }
        let id = message["id"].take();
        let is_id = id.is_string() || id.is_i64() || id.is_u64();
        let Value::String(method) = message["method"].take() else {
            let is_answer = is_id && message.get("result").or(message.get("error")).is_some();
            let refused = || answer(&Value::Null, Err(Refusal(-32_600, "this is no request".to_owned())));
            return if is_answer { Ok(None) } else { Err(refused()) };
        };
        let params = message["params"].take();
        Ok(is_id.then_some(Self { id, method, params }))
    }
}

// === impl Refusal ===

impl Refusal {
    pub(super) fn no_method() -> Self {
        Self(-32_601, "there is no such method here".to_owned())
    }

    pub(super) fn bad_params(text: &str) -> Self {
        Self(-32_602, text.to_owned())
    }

    pub(super) fn failed(text: &str) -> Self {
        Self(-32_603, text.to_owned())
    }
}

/// The answer to a request.
pub(super) fn answer(id: &Value, result: Result<Value, Refusal>) -> Value {
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(Refusal(code, message)) => {
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
        }
    }
}
