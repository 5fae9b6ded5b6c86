use std::{borrow::Cow, time::Duration};

use proptest::prelude::*;

use super::{Cell, Key, Query, Row, Suggested, suggested};
use crate::query::types::{Level, Time};

/// A row of pairs.
struct Pairs(Vec<(&'static str, Cell<'static>)>);

impl Row for Pairs {
    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        for (_, cell) in &self.0 {
            if let Cell::Text(text) = cell {
                visit(text);
            }
        }
    }

    fn cell(&self, key: &Key) -> Option<Cell<'_>> {
        let name = key.to_string();
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, cell)| cell.clone())
    }
}

fn row() -> Pairs {
    let text = |text| Cell::Text(Cow::Borrowed(text));
    Pairs(vec![
        ("level", Cell::Level(Level::Warn)),
        ("target", text("shop::payment")),
        ("endpoint", text("/orders/{id}")),
        ("method", text("GET")),
        ("status", Cell::Number(503.0)),
        ("duration", Cell::Duration(Duration::from_millis(250))),
        ("at", Cell::Time(Time(Duration::from_secs(1_700_000_000)))),
        ("trace_id", text("4bf92f3577b34da6a3ce929d0e0e4736")),
        ("field.order_id", Cell::Number(17.0)),
        ("field.amount", text("19.90")),
        ("message", text("Connection RESET by peer")),
    ])
}

fn passes(filter: &str) -> bool {
    Query::parse(filter).unwrap().passes(&row())
}

#[test]
fn all_terms_have_to_hold() {
    assert!(passes("") && passes("reset") && passes("\"connection reset\" level:warn"));
    assert!(!passes("reset level:error") && !passes("\"reset connection\""));
    assert!(passes("-level:error -\"no such text\"") && !passes("-reset"));
}

#[test]
fn each_key_has_its_comparison() {
    for holds in [
        "level:info",
        "level:WARN",
        "target:shop",
        "target:shop::payment",
        "target:*payment",
        "endpoint:/orders/{id}",
        "endpoint:/orders/*",
        "endpoint:*ord*{*",
        "method:get|post",
        "status:5xx",
        "status:503",
        "status:>=500",
        "status:404|5xx",
        "duration:>200ms",
        "duration:250",
        "duration:<=0.25s",
        "at:>2023-11-14T22:00:00Z",
        "trace_id:4BF92f",
        "field.order_id:17",
        "field.order_id:>16",
        "field.amount:>=19.9",
        "field.amount:19.90",
        "-field.missing:1",
        "-client:10.0.0.1",
    ] {
        assert!(passes(holds), "{holds}");
    }
    for fails in [
        "level:error",
        "target:sho",
        "target:shop::pay",
        "endpoint:/orders",
        "method:POST",
        "status:4xx",
        "status:>503",
        "duration:>250ms",
        "at:<2023-11-14T22:00:00Z",
        "trace_id:5bf9",
        "field.order_id:<17",
        "field.missing:1",
        "client:10.0.0.1",
        "endpoint:*x*",
        "endpoint:/orders/{id}*/",
    ] {
        assert!(!passes(fails), "{fails}");
    }
}

#[test]
fn a_wildcard_needs_room_for_all_parts() {
    assert!(!passes("method:GE*ET") && passes("method:G*E*T") && passes("method:*") && passes("method:GET*"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (filter, offset) in [
        ("colour:red", 0),
        ("a colour:red", 2),
        ("-", 0),
        ("a - b", 2),
        ("level:loud", 6),
        ("level:>warn", 6),
        ("status:600x", 7),
        ("status:99", 7),
        ("status:404|6xx", 11),
        ("duration:>soon", 9),
        ("at:yesterday", 3),
        ("outcome:fine", 8),
        ("kind:thing", 5),
        ("\"open", 0),
        ("ä \"open", 3),
        ("path:", 5),
        ("path:a|", 7),
        ("\"a\"b", 3),
        ("field.:x", 0),
        ("field.a:>b", 8),
        ("10:30", 0),
    ] {
        let error = Query::parse(filter).unwrap_err();
        assert_eq!(error.offset(), offset, "{filter}: {error}");
    }
    assert_eq!(Query::parse(&"a ".repeat(65)).unwrap_err().offset(), 128);
    assert!(Query::parse(&"a".repeat(5_000)).is_err());
}

#[test]
fn a_filter_of_any_length_takes_time_by_its_length_alone() {
    let text = "a".repeat(1 << 20);
    let begun = std::time::Instant::now();
    let row = Pairs(vec![("path", Cell::Text(text.into()))]);
    for filter in [
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
        "path:*a*a*a*a*a*a*a*a*a*ab*",
        "path:*aaaaaaaaaaaaaaaaaaaaaab*",
    ] {
        assert!(!Query::parse(filter).unwrap().passes(&row));
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn the_last_term_is_completed() {
    assert_eq!(suggested("level:warn tar"), Suggested::Keys(vec!["target".to_owned()]));
    assert_eq!(suggested("-level:E"), Suggested::Words(vec!["error".to_owned()]));
    assert_eq!(
        suggested("kind:request|c"),
        Suggested::Words(vec!["call".to_owned(), "client".to_owned()])
    );
    assert_eq!(suggested("target:Sh"), Suggested::Values(Key::Target, "sh".to_owned()));
    assert_eq!(suggested("colour:r"), Suggested::Keys(vec![]));
    let Suggested::Keys(all) = suggested("") else { panic!() };
    assert_eq!(all.len(), Key::NAMED.len() + 1);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in "\\PC{0,80}|[a-z:|\"<>=* -]{0,60}") {
        match Query::parse(&text) {
            Ok(query) => { query.passes(&row()); }
            Err(error) => prop_assert!(error.offset() <= text.len()),
        }
        suggested(&text);
    }

    #[test]
    fn a_filter_that_is_written_and_read_is_the_same(
        terms in proptest::collection::vec((any::<bool>(), prop_oneof![
            "\"[^\"\\\\]{0,20}\"", "[a-z]{1,8}", "level:(warn|debug)", "status:(404|5xx|>=400)(\\|200)?",
            "duration:(>|<=)?[0-9]{1,6}(ms|s|us)?", "path:[a-z/*]{1,9}(\\|\"[ a-z|<>-]{0,9}\")?", "at:>2026-0[1-9]-11T10:00:00\\.[0-9]{1,9}Z",
            "field\\.[a-z.]{1,6}:(>=[0-9]{1,4}\\.[0-9]|x|\"\"|\">\")", "target:[a-z:]{1,9}", "trace_id:[0-9a-f]{1,32}",
        ]), 0..8),
    ) {
        let text: Vec<_> = terms.iter().map(|(is_negated, term)| format!("{}{term}", if *is_negated { "-" } else { "" })).collect();
        let query = Query::parse(&text.join(" ")).unwrap();
        let written = query.to_string();
        prop_assert_eq!(Query::parse(&written).unwrap(), query, "{}", written);
    }
}
