use std::collections::BTreeSet;

use obs_rules::definition::Definition;
use proptest::prelude::*;

use super::{Block, Value, files};

const VIEWS: &str = include_str!("../tests/definitions/views.yaml");

fn config() -> String {
    let definition = Definition::parse(VIEWS, "obs.yaml").unwrap_or_else(|error| panic!("{error}"));
    files(&definition).remove(0).content
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
    LineEnd,
}

/// Tokens of the [syntax](https://grafana.com/docs/alloy/latest/get-started/configuration-syntax/).
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '\n' => tokens.push(Token::LineEnd),
            '"' => {
                let mut quoted = String::from('"');
                let mut is_escaped = false;
                loop {
                    let c = chars.next().expect("a string ends");
                    assert!(!c.is_control(), "{c:?} in a string");
                    quoted.push(c);
                    match c {
                        '"' if !is_escaped => break,
                        c => is_escaped = c == '\\' && !is_escaped,
                    }
                }
                // Strings are escaped as in Go, which for these is as in JSON.
                tokens.push(Token::Text(serde_json::from_str(&quoted).unwrap()));
            }
            c if c.is_whitespace() => {}
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || "_.".contains(*c)) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
            c => {
                assert!("{}[]=,".contains(c), "{c:?}");
                tokens.push(Token::Sign(c));
            }
        }
    }
    tokens
}

/// The body of a block up to its end: names of components that it has, and of exports that it uses.
fn body(tokens: &mut std::vec::IntoIter<Token>, made: &mut Vec<String>, used: &mut Vec<String>) {
    while let Some(token) = tokens.next() {
        match token {
            Token::LineEnd => {}
            Token::Sign('}') => return,
            Token::Word(name) => match tokens.next() {
                Some(Token::Sign('=')) => value(tokens, used),
                Some(Token::Text(label)) => {
                    assert_eq!(tokens.next(), Some(Token::Sign('{')));
                    made.push(format!("{name}.{label}"));
                    body(tokens, made, used);
                }
                Some(Token::Sign('{')) => body(tokens, made, used),
                other => panic!("{name} {other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
}

/// A value ends at the end of its line.
fn value(tokens: &mut std::vec::IntoIter<Token>, used: &mut Vec<String>) {
    let mut open = Vec::new();
    for token in tokens.by_ref() {
        match token {
            Token::LineEnd => break,
            Token::Sign(c @ ('{' | '[')) => open.push(c),
            Token::Sign('}') => assert_eq!(open.pop(), Some('{')),
            Token::Sign(']') => assert_eq!(open.pop(), Some('[')),
            Token::Word(word) if word.contains('.') => used.push(word),
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

fn read(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut made, mut used) = (Vec::new(), Vec::new());
    body(&mut tokens(text).into_iter(), &mut made, &mut used);
    (made, used)
}

#[test]
fn every_export_that_is_used_is_one_of_a_component_that_is_there() {
    let (made, used) = read(&config());
    let unique: BTreeSet<_> = made.iter().collect();
    assert_eq!(unique.len(), made.len(), "{made:?}");
    assert!(!used.is_empty());
    for export in used {
        let (component, name) = export.rsplit_once('.').unwrap();
        assert!(unique.contains(&component.to_owned()), "{export}");
        assert!(["targets", "output", "receiver"].contains(&name), "{export}");
    }
}

#[test]
fn components_are_those_that_alloy_has() {
    const KNOWN: [&str; 7] = [
        "discovery.docker",
        "discovery.relabel",
        "local.file_match",
        "loki.source.file",
        "loki.source.docker",
        "loki.process",
        "loki.write",
    ];
    for component in read(&config()).0 {
        let (kind, label) = component.rsplit_once('.').unwrap();
        assert!(KNOWN.contains(&kind), "{component}");
        assert!(
            label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
            "{component}"
        );
    }
}

#[test]
fn lines_have_the_labels_that_queries_select_by() {
    let config = config();
    assert!(config.contains(r#""job" = "payment-service", "service_name" = "payment-service", "env" = "production""#));
    assert!(config.contains(r#"labels = { "job" = "search", "service_name" = "search", "env" = "staging" }"#));
    assert!(config.contains("stage.labels {\n    values = { \"level\" = \"\" }"));
    assert!(config.contains(r#"values = { "trace_id" = "", "span_id" = "", "request_id" = "" }"#));
}

proptest! {
    #[test]
    fn any_text_stays_inside_of_its_quotes(text in any::<String>()) {
        let block = Block::new("a").attribute("b", text.as_str()).attribute("c", Value::map([(text.as_str(), "")]));
        let read: Vec<_> = tokens(&block.to_string()).into_iter().filter(|token| matches!(token, Token::Text(_))).collect();
        prop_assert_eq!(read, [Token::Text(text.clone()), Token::Text(text), Token::Text(String::new())]);
    }
}
