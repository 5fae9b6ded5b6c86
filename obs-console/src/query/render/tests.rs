use super::{Format, answer, escape, text};
use crate::query::{
    tree::Tree,
    types::{Answer, LeftOut, MetricRow, Service, Time, Window},
};

fn metric(name: &str, help: &str) -> MetricRow {
    MetricRow {
        name: name.to_owned(),
        r#type: "gauge".to_owned(),
        unit: String::new(),
        help: help.to_owned(),
        series: 2,
    }
}

fn of<T>(data: T) -> Answer<T> {
    let at = Time(std::time::Duration::from_secs(1_700_000_000));
    Answer {
        api: 1,
        service: Service {
            name: "shop".to_owned(),
            version: Some("1.2".to_owned()),
            environment: None,
            instance: None,
        },
        now: at,
        window: Some(Window { from: at, to: at }),
        left_out: vec![LeftOut::new("rows", 3, "the limit")],
        next: Some("1-2".to_owned()),
        data,
    }
}

fn written<T: serde::Serialize>(data: T, format: Format) -> String {
    String::from_utf8(answer(&of(data), format).unwrap().body).unwrap()
}

#[test]
fn markdown_has_tables() {
    let text = written(vec![metric("a", "what | it is"), metric("b", "<b>")], Format::Markdown);
    let expected = "\
# shop 1.2

from 2023-11-14T22:13:20.000Z to 2023-11-14T22:13:20.000Z
| name | type | help | series |
| --- | --- | --- | --- |
| a | gauge | what \\| it is | 2 |
| b | gauge | &lt;b&gt; | 2 |

## left out

| what | count | why |
| --- | --- | --- |
| rows | 3 | the limit |
more: cursor=1-2
";
    assert_eq!(text, expected);
}

#[test]
fn plain_text_is_aligned() {
    let text = written(vec![metric("a", "long help"), metric("long_name", "")], Format::Text);
    assert!(text.contains("name       type   help       series\n"), "{text}");
    assert!(text.contains("long_name  gauge             2\n"), "{text}");
}

#[test]
fn rows_are_lines_and_the_last_one_says_what_is_left_out() {
    let text = written(vec![metric("a", ""), metric("b", "")], Format::Ndjson);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with(r#"{"name":"a","type":"gauge""#));
    let end = r#"{"event":"end","left_out":[{"what":"rows","count":3,"why":"the limit"}],"next":"1-2"}"#;
    assert_eq!(lines[2], end);
}

#[test]
fn what_is_not_shown_is_escaped() {
    let mut out = String::new();
    escape::push(&mut out, "a\u{202e}b\u{0}\n\u{1b}[31m\u{feff}ä🙂");
    assert_eq!(out, "a\\u{202e}b\\u{0}\\n\\u{1b}[31m\\u{feff}ä🙂");
    let mut markdown = String::new();
    escape::push_markdown(&mut markdown, "[x](javascript:1) <img> | `c`");
    assert_eq!(markdown, "\\[x\\](javascript:1) &lt;img&gt; \\| \\`c\\`");
}

#[test]
fn texts_longer_than_an_answer_are_cut_at_a_character() {
    let names: Vec<_> = (0..1_000).map(|_| metric(&"ä\u{202e}".repeat(150), "")).collect();
    for format in [Format::Markdown, Format::Text, Format::Ndjson] {
        let body = answer(&of(names.clone()), format).unwrap().body;
        assert!(body.len() <= 1 << 20 && std::str::from_utf8(&body).is_ok());
    }
    let too_many: Vec<_> = (0..2_000).map(|_| metric(&"x".repeat(1_000), "")).collect();
    assert_eq!(answer(&of(too_many.clone()), Format::Json).unwrap_err().status, 503);
    let rows = answer(&of(too_many), Format::Ndjson).unwrap().body;
    let last = rows.split(|byte| *byte == b'\n').rev().nth(1).unwrap();
    assert!(Tree::read(last).is_some(), "whole lines");
}

#[test]
fn any_json_is_text() {
    for json in [
        "null",
        "[]",
        "3",
        r#""x""#,
        r#"{"a":{"b":[1,[2],{"c":null}]}}"#,
        r#"{"data":[{"a":[]},{"b":{"c":1.23456}}]}"#,
    ] {
        let tree = Tree::read(json.as_bytes()).unwrap();
        for style in [text::Style::Markdown, text::Style::Plain] {
            let _ = text::written(&tree, style);
        }
    }
}
