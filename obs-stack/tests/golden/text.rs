//! Values of JSON and YAML as lines of text that keep every key and value.

use serde_json::{Map, Value};

/// A map or list of up to this number of characters stands on one line.
const WIDTH: usize = 140;

/// Keys that name an entry of a list: they come first.
const NAMES: [&str; 3] = ["name", "job_name", "kind"];

/// A value on one line, in YAML's flow style: `{count: 1, items: [plain, "quoted: text"]}`.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A value at the end of a line: text without quotes, unless it could be taken for something else.
pub(crate) fn line(value: &Value) -> String {
    match value {
        Value::String(text) if is_unambiguous_line(text) => text.clone(),
        other => flow(other),
    }
}

/// A value on as many lines as it takes: a map or list that is too long for one line entry by entry.
pub(crate) fn block(value: &Value) -> String {
    let on_one_line = line(value);
    match value {
        Value::Object(map) if on_one_line.chars().count() > WIDTH => {
            let (named, others): (Vec<_>, Vec<_>) = map.iter().partition(|(key, _)| NAMES.contains(&key.as_str()));
            named
                .into_iter()
                .chain(others)
                .map(|(key, value)| entry(key, value))
                .collect()
        }
        Value::Array(items) if on_one_line.chars().count() > WIDTH => items
            .iter()
            .map(|item| format!("- {}", &indented(&block(item))[2..]))
            .collect(),
        _ => on_one_line + "\n",
    }
}

/// `key: value`, or the key with the entries of its value indented below it.
fn entry(key: &str, value: &Value) -> String {
    let text = block(value);
    let is_long = flow(value).chars().count() > WIDTH;
    if is_long && (value.is_object() || value.is_array()) {
        format!("{}:\n{}", scalar(key), indented(&text))
    } else {
        format!("{}: {text}", scalar(key))
    }
}

/// Lines with two blanks before each of them.
pub(crate) fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// Takes an entry out of a map, as text for a line; empty if there is no such key.
pub(crate) fn take(map: &mut Map<String, Value>, key: &str) -> String {
    map.remove(key).map(|value| line(&value)).unwrap_or_default()
}

/// Takes a list of maps out of a map; empty if there is no such key.
pub(crate) fn take_list(map: &mut Map<String, Value>, key: &str) -> Vec<Map<String, Value>> {
    let Some(list) = map.remove(key) else { return Vec::new() };
    serde_json::from_value(list).unwrap_or_else(|error| panic!("{key}: {error}"))
}

/// Text in a map or list: plain where YAML reads it as the same text, else in double quotes.
fn scalar(text: &str) -> String {
    let has_plain_characters = text.chars().all(|c| c.is_alphanumeric() || " ._-/$+%()=~".contains(c));
    let is_same = || serde_saphyr::from_str::<Value>(text).is_ok_and(|value| value == text);
    if has_plain_characters && is_same() {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

fn is_unambiguous_line(text: &str) -> bool {
    let is_trimmed = !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
    is_trimmed && !text.starts_with(['{', '[', '"']) && serde_json::from_str::<Value>(text).is_err()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn short_values_stand_on_one_line() {
        let value =
            json!({ "b": [1, 2.5, null, true], "a": { "text": "plain text", "number": "1", "expr": "up{a=\"b\"}" } });
        let expected = r#"{a: {expr: "up{a=\"b\"}", number: "1", text: plain text}, b: [1, 2.5, null, true]}"#;
        assert_eq!(flow(&value), expected);
        assert_eq!(block(&value), format!("{expected}\n"));
    }

    #[test]
    fn long_values_are_broken_entry_by_entry_and_names_come_first() {
        let long = "x".repeat(WIDTH);
        let value = json!([{ "a": long, "name": "first" }, { "list": [long, "y"] }, "z"]);
        let expected = format!("- name: first\n  a: {long}\n- list:\n    - {long}\n    - y\n- z\n");
        assert_eq!(block(&value), expected);
    }

    #[test]
    fn text_at_the_end_of_a_line_has_quotes_only_where_it_needs_them() {
        assert_eq!(
            line(&json!("sum(rate(x{a=\"b\"}[5m])) > 1")),
            "sum(rate(x{a=\"b\"}[5m])) > 1"
        );
        for text in ["", " x", "1", "true", "null", "{a: b}", "[1]", "\"x\"", "two\nlines"] {
            assert_eq!(line(&json!(text)), Value::from(text).to_string());
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[ -~]{0,8}".prop_map(Value::from),
            Just(Value::from("two\nlines")),
        ];
        scalar.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[ -~]{0,4}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_flow_style_reads_back_as_the_same_value(value in any_value()) {
            let text = format!("root: {}\n", flow(&value));
            let read: Value = serde_saphyr::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
            prop_assert_eq!(&read["root"], &value, "{}", text);
        }
    }
}
