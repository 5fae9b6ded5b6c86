//! Several requests out for one in.

use std::collections::BTreeSet;

use crate::{
    case::{Outgoing, SPAN, TRACE, parent},
    service::{PROGRAMS, Service},
};

/// The calls that a request with this header makes, on each program.
fn three_calls(traceparent: Option<&str>) -> [Vec<Outgoing>; 2] {
    let headers: Vec<_> = traceparent
        .map(|value| ("traceparent".to_owned(), value.to_owned()))
        .into_iter()
        .collect();
    PROGRAMS.map(|program| {
        let calls = Service::start(program).calls(&headers, 3);
        calls
            .iter()
            .map(|call| Outgoing::read(call).unwrap_or_else(|error| panic!("{program}: {error}")))
            .collect()
    })
}

fn set(calls: &[Outgoing], part: impl Fn(&Outgoing) -> &String) -> BTreeSet<&str> {
    calls.iter().map(|call| part(call).as_str()).collect()
}

#[test]
fn calls_share_the_callers_trace_and_have_a_span_each() {
    for calls in three_calls(Some(&parent("01"))) {
        assert_eq!(set(&calls, |call| &call.trace_id), BTreeSet::from([TRACE]));
        let spans = set(&calls, |call| &call.span_id);
        assert!(spans.len() == 3 && !spans.contains(SPAN), "{calls:#?}");
    }
}

#[test]
fn calls_share_a_new_trace_and_have_a_span_each() {
    let zeros = format!("00-{}-{SPAN}-01", "0".repeat(32));
    for traceparent in [None, Some(&*zeros)] {
        for calls in three_calls(traceparent) {
            assert_eq!(set(&calls, |call| &call.trace_id).len(), 1, "{calls:#?}");
            assert_eq!(set(&calls, |call| &call.span_id).len(), 3, "{calls:#?}");
        }
    }
}

#[test]
fn calls_of_an_unsampled_request_have_a_span_id_each() {
    for calls in three_calls(Some(&parent("00"))) {
        assert_eq!(set(&calls, |call| &call.flags), BTreeSet::from(["00"]));
        assert_eq!(set(&calls, |call| &call.span_id).len(), 3, "{calls:#?}");
    }
}
