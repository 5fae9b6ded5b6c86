//! Reading the headers of a request.

use super::{
    CommonHeaders, HeaderReader, TraceParent,
    baggage::BaggageReader,
    tracestate::{TraceStateReader, trim},
};
use crate::names::header;

/// The trace context and the baggage of a caller, from [`extract`](crate::propagation::extract).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extracted {
    /// The caller's trace and span; `None` if `traceparent` is missing, malformed or repeated.
    pub parent: Option<TraceParent>,
    /// The caller's `tracestate`, validated, its headers joined; `None` without a parent.
    pub tracestate: Option<Box<str>>,
    /// The caller's `baggage`, validated, its headers joined.
    pub baggage: Option<Box<str>>,
}

/// Reads `traceparent`, `tracestate` and `baggage`.
///
/// Allocates only for `tracestate` and `baggage`, and only if they are present.
pub(crate) fn extract(headers: &(impl HeaderReader + ?Sized)) -> Extracted {
    extract_of(&headers.common(), headers)
}

/// [`extract`] where the common headers are known already.
pub(crate) fn extract_of(common: &CommonHeaders<'_>, headers: &(impl HeaderReader + ?Sized)) -> Extracted {
    // Of two headers it is unknown which one is valid.
    let line = common.traceparent.filter(|_| common.traceparents == 1);
    let parent = line.and_then(|line| TraceParent::parse(trim(line)));
    Extracted {
        parent,
        tracestate: parent
            .filter(|_| common.has_tracestate)
            .and_then(|_| tracestate(headers)),
        baggage: if common.has_baggage { baggage(headers) } else { None },
    }
}

fn tracestate(headers: &(impl HeaderReader + ?Sized)) -> Option<Box<str>> {
    let mut reader = TraceStateReader::default();
    headers.for_each(header::TRACESTATE, &mut |line| reader.line(line));
    reader.finish()
}

fn baggage(headers: &(impl HeaderReader + ?Sized)) -> Option<Box<str>> {
    let mut reader = BaggageReader::default();
    headers.for_each(header::BAGGAGE, &mut |line| reader.line(line));
    reader.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456-00";

    fn extracted(headers: &[(&str, &str)]) -> Extracted {
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        extract(&headers[..])
    }

    #[test]
    fn no_headers_give_nothing() {
        assert_eq!(extract(&()), Extracted::default());
    }

    #[test]
    fn works_behind_a_trait_object() {
        let none: &dyn HeaderReader = &();
        assert_eq!(extract(none), Extracted::default());
    }

    #[test]
    fn two_parents_are_none() {
        let other = PARENT.replace("9012", "9011");
        for second in [PARENT, &other, "", "nonsense"] {
            let both = extracted(&[
                ("traceparent", PARENT),
                ("traceparent", second),
                ("tracestate", "foo=1"),
            ]);
            assert_eq!(both, Extracted::default());
            assert_eq!(
                extracted(&[("traceparent", second), ("traceparent", PARENT)]).parent,
                None
            );
        }
    }

    #[test]
    fn white_space_around_a_parent_is_ignored() {
        for spaced in [
            format!(" {PARENT}"),
            format!("\t{PARENT}"),
            format!("{PARENT} "),
            format!("\t {PARENT} \t"),
        ] {
            assert!(extracted(&[("traceparent", &spaced)]).parent.is_some());
        }
    }

    #[test]
    fn a_state_without_a_valid_parent_is_dropped() {
        assert_eq!(extracted(&[("tracestate", "foo=1")]).tracestate, None);
        assert_eq!(
            extracted(&[("traceparent", "00-bad"), ("tracestate", "foo=1")]).tracestate,
            None
        );
    }

    #[test]
    fn a_malformed_state_leaves_the_parent_alone() {
        let read = extracted(&[("traceparent", PARENT), ("tracestate", "FOO=1")]);
        assert!(read.parent.is_some());
        assert_eq!(read.tracestate, None);
    }

    #[test]
    fn states_of_several_headers_are_joined() {
        let read = extracted(&[
            ("traceparent", PARENT),
            ("tracestate", "foo=1"),
            ("tracestate", ""),
            ("tracestate", "bar=2"),
        ]);
        assert_eq!(read.tracestate.as_deref(), Some("foo=1,bar=2"));
    }

    #[test]
    fn baggage_needs_no_parent() {
        assert_eq!(
            extracted(&[("baggage", "a=1"), ("baggage", "b=2")]).baggage.as_deref(),
            Some("a=1,b=2")
        );
    }
}
