//! In which headers callers tell of their trace.

use std::{fmt, sync::Arc};

use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapCompositePropagator, TextMapPropagator},
    trace::TraceContextExt,
};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use super::{ids, settings::Env};
use crate::{
    propagation::{Extracted, TraceParent},
    request::HeaderReader,
};

const PROPAGATORS: &str = "OTEL_PROPAGATORS";

/// A format of headers that the user brings along.
pub(crate) type OwnPropagator = Arc<dyn TextMapPropagator + Send + Sync>;

/// What is read of the headers of a request.
#[derive(Clone)]
pub(crate) struct Propagators {
    trace_context: bool,
    baggage: bool,
    own: Option<OwnPropagator>,
}

/// Headers as OpenTelemetry's propagators read them.
struct Carrier<'a>(&'a dyn HeaderReader);

/// A propagator that several handles share.
#[derive(Clone, Debug)]
struct Handle(OwnPropagator);

// === impl Propagators ===

impl Propagators {
    /// What `OTEL_PROPAGATORS` lists, `tracecontext,baggage` if it lists nothing, and the user's own;
    /// beside it, what is to be said about names that are not ours.
    pub(super) fn from_settings(own: Option<OwnPropagator>, env: Env<'_>) -> (Self, Vec<String>) {
        let Some(list) = env.get(PROPAGATORS) else {
            return (Self { own, ..Self::default() }, Vec::new());
        };
        let mut listed = Self { trace_context: false, baggage: false, own };
        let mut notices = Vec::new();
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name {
                "tracecontext" => listed.trace_context = true,
                "baggage" => listed.baggage = true,
                "none" => {}
                other if listed.own.is_none() => notices.push(unknown(other)),
                // Probably the name of the user's own.
                _ => {}
            }
        }
        if !listed.trace_context {
            notices.push(format!(
                "{PROPAGATORS} is {list:?}, without tracecontext: traces of callers are not continued; outgoing \
                 requests carry traceparent all the same"
            ));
        }
        (listed, notices)
    }

    /// Takes from what was extracted only what is to be read, and reads what is not W3C's.
    #[inline]
    pub(crate) fn read(&self, mut extracted: Extracted, headers: &dyn HeaderReader) -> Extracted {
        if !self.baggage {
            extracted.baggage = None;
        }
        if !self.trace_context {
            (extracted.parent, extracted.tracestate) = (None, None);
        }
        if let (None, Some(own)) = (extracted.parent, &self.own) {
            extracted.parent = foreign_parent(own, headers);
        }
        extracted
    }

    /// The same for instrumentation of others.
    pub(crate) fn to_otel(&self) -> TextMapCompositePropagator {
        let mut all: Vec<Box<dyn TextMapPropagator + Send + Sync>> = Vec::new();
        // Of several that find something, the last one counts.
        if let Some(own) = &self.own {
            all.push(Box::new(Handle(Arc::clone(own))));
        }
        if self.trace_context {
            all.push(Box::new(TraceContextPropagator::new()));
        }
        if self.baggage {
            all.push(Box::new(BaggagePropagator::new()));
        }
        TextMapCompositePropagator::new(all)
    }
}

impl Default for Propagators {
    fn default() -> Self {
        Self { trace_context: true, baggage: true, own: None }
    }
}

impl fmt::Debug for Propagators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace_context, baggage, own } = self;
        f.debug_struct("Propagators")
            .field("trace_context", trace_context)
            .field("baggage", baggage)
            .field("own", own)
            .finish()
    }
}

fn unknown(name: &str) -> String {
    let known_elsewhere = matches!(name, "b3" | "b3multi" | "jaeger" | "xray" | "ottrace");
    let what = if known_elsewhere { "which obs doesn't bring along" } else { "which is unknown" };
    format!(
        "{PROPAGATORS} names {name:?}, {what}: it is ignored. obs has tracecontext and baggage; give another one to \
         ObsBuilder::propagator, see obs_core::otel"
    )
}

#[cold]
fn foreign_parent(propagator: &OwnPropagator, headers: &dyn HeaderReader) -> Option<TraceParent> {
    let context = propagator.extract_with_context(&Context::new(), &Carrier(headers));
    let span = context.span();
    let ids = span.span_context();
    Some(TraceParent {
        trace_id: ids::trace_id(ids.trace_id())?,
        span_id: ids::span_id(ids.span_id())?,
        flags: ids::from_otel_flags(ids.trace_flags()),
    })
}

// === impl Carrier ===

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.0.get(&key.to_ascii_lowercase())
        } else {
            self.0.get(key)
        };
        value.and_then(|value| std::str::from_utf8(value).ok())
    }

    /// None: what is looked for is looked for by its name.
    fn keys(&self) -> Vec<&str> {
        Vec::new()
    }
}

// === impl Handle ===

impl TextMapPropagator for Handle {
    fn inject_context(&self, context: &Context, injector: &mut dyn opentelemetry::propagation::Injector) {
        self.0.inject_context(context, injector);
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        self.0.extract_with_context(context, extractor)
    }

    fn fields(&self) -> opentelemetry::propagation::text_map_propagator::FieldIter<'_> {
        self.0.fields()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::{
        propagation::{Injector, text_map_propagator::FieldIter},
        trace::{SpanContext, TraceState},
    };

    use super::*;
    use crate::propagation;

    const PARENT: (&str, &[u8]) = ("traceparent", b"00-12345678901234567890123456789012-1234567890123456-01");
    const OWN: (&str, &[u8]) = ("x-own", b"00000000000000000000000000000abc");

    /// A format with the trace id alone.
    #[derive(Debug)]
    struct Own;

    impl TextMapPropagator for Own {
        fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
            injector.set("x-own", context.span().span_context().trace_id().to_string());
        }

        fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
            let Some(id) = extractor.get("X-Own").and_then(|id| u128::from_str_radix(id, 16).ok()) else {
                return context.clone();
            };
            let flags = opentelemetry::trace::TraceFlags::SAMPLED;
            context.with_remote_span_context(SpanContext::new(id.into(), 7.into(), flags, true, TraceState::NONE))
        }

        fn fields(&self) -> FieldIter<'_> {
            FieldIter::new(&[])
        }
    }

    struct List<'a>(&'a [(&'a str, &'a [u8])]);

    impl HeaderReader for List<'_> {
        fn get(&self, name: &str) -> Option<&[u8]> {
            HeaderReader::get(self.0, name)
        }

        fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
            HeaderReader::for_each(self.0, name, each);
        }
    }

    fn listed(list: &str, own: bool) -> (Propagators, Vec<String>) {
        let env = |name: &str| (name == PROPAGATORS).then(|| list.to_owned());
        Propagators::from_settings(own.then(|| Arc::new(Own) as OwnPropagator), Env(&env))
    }

    fn read(propagators: &Propagators, headers: &[(&str, &[u8])]) -> (Option<u128>, bool) {
        let headers = List(headers);
        let read = propagators.read(propagation::extract(&headers), &headers);
        (read.parent.map(|parent| parent.trace_id.get()), read.baggage.is_some())
    }

    #[test]
    fn what_is_listed_is_read() {
        let id = Some(0x1234_5678_9012_3456_7890_1234_5678_9012);
        for (list, expected, notices) in [
            ("", (id, true), 0),
            ("tracecontext,baggage", (id, true), 0),
            ("baggage, tracecontext", (id, true), 0),
            ("tracecontext", (id, false), 0),
            ("baggage", (None, true), 1),
            ("none", (None, false), 1),
        ] {
            let (propagators, told) = listed(list, false);
            assert_eq!(read(&propagators, &[PARENT, ("baggage", b"a=1")]), expected, "{list}");
            assert_eq!(told.len(), notices, "{list}: {told:?}");
        }
    }

    #[test]
    fn a_name_that_is_not_ours_is_told_and_says_what_helps() {
        let (propagators, told) = listed("tracecontext,baggage,b3,zipkinn", false);
        assert_eq!(read(&propagators, &[PARENT]).0, Some(0x1234_5678_9012_3456_7890_1234_5678_9012));
        assert!(told[0].contains("\"b3\", which obs doesn't bring along"), "{told:?}");
        assert!(told[1].contains("\"zipkinn\", which is unknown") && told[1].contains("propagator"), "{told:?}");
        assert_eq!(told.len(), 2);
    }

    #[test]
    fn a_format_of_the_user_s_own_is_read_where_there_is_no_traceparent() {
        let (propagators, told) = listed("tracecontext,baggage,own", true);
        assert_eq!(told, Vec::<String>::new());
        assert_eq!(read(&propagators, &[OWN]).0, Some(0xabc));
        assert_eq!(read(&propagators, &[OWN, PARENT]).0, Some(0x1234_5678_9012_3456_7890_1234_5678_9012));
        assert_eq!(read(&propagators, &[("x-own", b"zero")]).0, None);
        let (only_own, _) = listed("own", true);
        assert_eq!(read(&only_own, &[OWN, PARENT]).0, Some(0xabc));
    }

    #[test]
    fn instrumentation_of_others_gets_the_same() {
        let (propagators, _) = listed("tracecontext,own", true);
        let otel = propagators.to_otel();
        let ids =
            SpanContext::new(5.into(), 6.into(), opentelemetry::trace::TraceFlags::default(), true, TraceState::NONE);
        let mut headers = std::collections::HashMap::new();
        otel.inject_context(&Context::new().with_remote_span_context(ids), &mut headers);
        let mut names: Vec<_> = headers.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["traceparent", "tracestate", "x-own"]);
    }
}
