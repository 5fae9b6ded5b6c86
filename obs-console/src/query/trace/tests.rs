use std::time::Duration;

use proptest::prelude::*;

use super::{
    assemble::{Assembled, assemble},
    times::{critical_path, self_times},
};
use crate::query::types::{Span, SpanStatus, Time};

/// A span from its id, parent, begin and end in seconds.
fn span(id: &str, parent: &str, begin: f64, end: f64) -> Span {
    Span {
        service: "shop".to_owned(),
        span_id: id.to_owned(),
        parent_id: (!parent.is_empty()).then(|| parent.to_owned()),
        name: id.to_owned(),
        kind: "internal".to_owned(),
        started: Time(Duration::from_secs_f64(begin)),
        offset: begin,
        duration: end - begin,
        self_time: 0.0,
        status: SpanStatus::Unset,
        outcome: None,
        error: None,
        attributes: Vec::new(),
        left_out_attributes: 0,
        events: Vec::new(),
        is_record: false,
        is_running: false,
    }
}

fn ids(spans: &[Span]) -> Vec<&str> {
    spans.iter().map(|span| span.span_id.as_str()).collect()
}

fn path(spans: Vec<Span>) -> Vec<String> {
    let Assembled { spans, parents } = assemble(spans);
    critical_path(&spans, &parents)
        .iter()
        .map(|at| spans[*at].span_id.clone())
        .collect()
}

fn self_time(spans: Vec<Span>, id: &str) -> f64 {
    let Assembled { spans, parents } = assemble(spans);
    let times = self_times(&spans, &parents);
    let at = spans.iter().position(|span| span.span_id == id).unwrap();
    (times[at].1 * 1e6).round() / 1e6
}

#[test]
fn spans_come_after_their_parents_by_their_begin() {
    let spans = vec![
        span("c", "b", 3.0, 4.0),
        span("d", "a", 1.0, 2.0),
        span("b", "a", 2.0, 5.0),
        span("a", "x", 0.0, 6.0),
    ];
    let Assembled { spans, parents } = assemble(spans);
    assert_eq!(ids(&spans), ["a", "d", "b", "c"]);
    assert_eq!(parents, [None, Some(0), Some(0), Some(2)]);
}

#[test]
fn spans_in_circles_are_there_once() {
    let spans = vec![
        span("a", "b", 0.0, 1.0),
        span("b", "a", 0.5, 1.0),
        span("c", "c", 2.0, 3.0),
        span("a", "z", 9.0, 9.0),
    ];
    let Assembled { spans, parents } = assemble(spans);
    assert_eq!(ids(&spans), ["c", "a", "b"]);
    assert_eq!(parents, [None, None, Some(1)]);
}

#[test]
fn the_span_of_a_record_has_the_attributes_of_the_others() {
    use crate::query::types::{Field, Scalar};
    let field = |key: &str| Field {
        key: key.to_owned(),
        value: Scalar::Bool(true),
    };
    let child = Span {
        attributes: vec![field("x"), field("y")],
        ..span("a", "r", 0.0, 1.0)
    };
    let record = Span {
        attributes: vec![field("x")],
        is_record: true,
        name: "GET /".to_owned(),
        ..span("a", "", 0.0, 1.5)
    };
    let spans = assemble(vec![child, record]).spans;
    assert_eq!(
        (spans.len(), &*spans[0].name, spans[0].attributes.len()),
        (1, "GET /", 2)
    );
    assert_eq!(spans[0].parent_id.as_deref(), Some("r"));
}

#[test]
fn the_time_of_a_span_is_what_no_child_covers() {
    let spans = || {
        vec![
            span("a", "", 0.0, 10.0),
            span("b", "a", 1.0, 4.0),
            span("c", "a", 3.0, 5.0),  // overlaps
            span("d", "a", 9.0, 12.0), // runs on
            span("e", "b", 1.0, 2.0),
        ]
    };
    assert!((self_time(spans(), "a") - 5.0).abs() < 1e-6);
    assert!((self_time(spans(), "b") - 2.0).abs() < 1e-6);
    assert!((self_time(spans(), "d") - 3.0).abs() < 1e-6);
}

#[test]
fn the_critical_path_goes_back_from_the_end() {
    let spans = vec![
        span("root", "", 0.0, 10.0),
        span("auth", "root", 0.5, 2.0),
        span("cart", "root", 2.0, 9.0),
        span("stock", "root", 2.0, 5.0), // beside cart
        span("db", "cart", 3.0, 8.0),
        span("cache", "cart", 2.1, 2.9),
    ];
    assert_eq!(path(spans), ["root", "auth", "cart", "cache", "db"]);
}

#[test]
fn deep_and_wide_traces_take_no_stack_and_little_time() {
    let begun = std::time::Instant::now();
    let id = |at: u32| format!("{at:016x}");
    let chain = (0..5_000_u32).map(|at| span(&id(at), &id(at.wrapping_sub(1)), f64::from(at), 6_000.0));
    let wide = (6_000..11_000_u32).map(|at| span(&id(at), &id(0), f64::from(at % 100), f64::from(at % 100) + 1.0));
    let spans: Vec<_> = chain.chain(wide).collect();
    // The chain, and what was before its second span.
    assert_eq!(path(spans.clone()).len(), 5_001);
    assert!(self_time(spans, &id(0)) < 1.0);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

proptest! {
    #[test]
    fn any_spans_are_there_once_with_sane_times(
        all in proptest::collection::vec((0..20_u8, 0..25_u8, 0..100_u32, 0..100_u32), 0..40),
    ) {
        let spans = all.iter().map(|(id, parent, begin, length)| {
            span(&id.to_string(), &parent.to_string(), f64::from(*begin), f64::from(begin + length))
        });
        let distinct: std::collections::HashSet<_> = all.iter().map(|(id, ..)| id).collect();
        let Assembled { spans, parents } = assemble(spans.collect());
        prop_assert_eq!(spans.len(), distinct.len());
        prop_assert!(parents.iter().enumerate().all(|(at, parent)| parent.is_none_or(|parent| parent < at)));
        for (at, time) in self_times(&spans, &parents) {
            prop_assert!((0.0..=spans[at].duration + 1e-6).contains(&time));
        }
        let path = critical_path(&spans, &parents);
        let mut once = path.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), path.len());
    }
}
