//! The formats of trace headers that are read and sent.

use std::{fmt, sync::Arc};

use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator},
    trace::{SpanContext, TraceContextExt},
};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use super::otel;
use crate::{
    environment::Env,
    guard::guarded,
    headers::{Extracted, HeaderReader, TraceParent},
    interner::Interner,
    names::header,
};

const PROPAGATORS: &str = "OTEL_PROPAGATORS";

/// How many names of headers are kept: a format has five at most.
const MAX_NAMES: usize = 64;

/// A format of headers that the user brings along.
pub(crate) type OwnPropagator = Arc<dyn TextMapPropagator + Send + Sync>;

/// What is read of the headers of a request, and what is sent on.
#[derive(Clone)]
pub(crate) struct Propagators {
    trace_context: bool,
    baggage: bool,
    own: Option<OwnPropagator>,
    /// The header of request ids, in lower case, if the application has chosen one.
    request_id: Option<&'static str>,
}

/// Headers as OpenTelemetry's propagators read them.
struct Carrier<'a>(&'a dyn HeaderReader);

/// Takes the headers that OpenTelemetry's propagators write.
struct Sink<'a>(&'a mut dyn FnMut(&str, &str));

// === impl Propagators ===

impl Propagators {
    /// `traceparent`, `tracestate` and `baggage`.
    pub(super) const W3C: Self = Self {
        trace_context: true,
        baggage: true,
        own: None,
        request_id: None,
    };

    /// What `OTEL_PROPAGATORS` lists, `tracecontext,baggage` if it lists nothing that is known, and the user's own.
    pub(crate) fn from_settings(own: Option<OwnPropagator>, env: Env<'_>) -> Self {
        let Some(list) = env.get(PROPAGATORS) else {
            return Self { own, ..Self::default() };
        };
        let mut listed = Self {
            trace_context: false,
            baggage: false,
            own,
            request_id: None,
        };
        let mut is_known = false;
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match &*name.to_ascii_lowercase() {
                "tracecontext" => listed.trace_context = true,
                "baggage" => listed.baggage = true,
                "none" => {}
                // Probably the name of the user's own.
                _ if listed.own.is_some() => {}
                other => {
                    env.notice(unknown(other));
                    continue;
                }
            }
            is_known = true;
        }
        if !is_known {
            return Self {
                own: listed.own,
                ..Self::default()
            };
        }
        if !listed.trace_context && listed.own.is_none() {
            env.notice(format!(
                "{PROPAGATORS} is {list:?}, without tracecontext: traces of callers are not continued, and outgoing \
                 requests carry none"
            ));
        }
        listed
    }

    /// Leaves of what was extracted only what is to be read, and reads what is not W3C's.
    #[inline]
    pub(crate) fn filter(&self, extracted: &mut Extracted, headers: &dyn HeaderReader) {
        if !self.baggage {
            extracted.baggage = None;
        }
        if !self.trace_context {
            (extracted.parent, extracted.tracestate) = (None, None);
        }
        if let (None, Some(own)) = (extracted.parent, &self.own) {
            extracted.parent = foreign_parent(own, headers);
        }
    }

    /// Sets the header of request ids.
    pub(crate) fn with_request_id(mut self, name: Option<&'static str>) -> Self {
        self.request_id = name;
        self
    }

    /// The header of request ids that the application has chosen: clients send the id on in it.
    #[inline]
    pub(crate) fn request_id(&self) -> Option<&'static str> {
        self.request_id
    }

    /// Whether `traceparent` and `tracestate` are sent on.
    pub(crate) fn sends_trace_context(&self) -> bool {
        self.trace_context
    }

    /// Whether `baggage` is sent on.
    pub(crate) fn sends_baggage(&self) -> bool {
        self.baggage
    }

    /// Whether the user has brought a format along.
    pub(crate) fn has_own(&self) -> bool {
        self.own.is_some()
    }

    /// Hands the headers of the user's own format to `set`, if there is one. They are about `parent`;
    /// `context` has what else there is to send.
    pub(crate) fn write_own(
        &self,
        context: &Context,
        parent: TraceParent,
        tracestate: Option<&str>,
        set: &mut dyn FnMut(&str, &str),
    ) {
        let Some(own) = &self.own else { return };
        let ids = SpanContext::new(
            otel::otel_trace_id(parent.trace_id),
            otel::otel_span_id(parent.span_id),
            otel::otel_flags(parent.flags),
            false,
            tracestate.and_then(|state| state.parse().ok()).unwrap_or_default(),
        );
        let context = context.with_remote_span_context(ids);
        // A propagator of the user's that panics must not take the request with it.
        let _ = guarded(|| own.inject_context(&context, &mut Sink(set)));
    }

    /// Writes the headers of OpenTelemetry's context, for instrumentation of others.
    pub(super) fn inject(&self, context: &Context, injector: &mut dyn Injector) {
        if let Some(own) = &self.own {
            let _ = guarded(|| own.inject_context(context, injector));
        }
        if self.trace_context {
            TraceContextPropagator::new().inject_context(context, injector);
        }
        if self.baggage {
            BaggagePropagator::new().inject_context(context, injector);
        }
    }

    /// Reads headers into OpenTelemetry's context, for instrumentation of others. Of several formats that have a parent,
    /// the standard's counts.
    pub(super) fn extract(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let own = self.own.as_ref();
        let read = own.and_then(|own| guarded(|| own.extract_with_context(context, extractor)));
        let mut read = read.unwrap_or_else(|| context.clone());
        if self.trace_context {
            read = TraceContextPropagator::new().extract_with_context(&read, extractor);
        }
        if self.baggage {
            read = BaggagePropagator::new().extract_with_context(&read, extractor);
        }
        read
    }

    /// The names of the headers that are read and sent; of requests' ids only [`request_id`](Self::request_id).
    pub(super) fn headers(&self) -> Vec<String> {
        let own = self.own.as_ref();
        let own = own.and_then(|own| guarded(|| own.fields().map(str::to_owned).collect::<Vec<_>>()));
        let standard = [
            (self.trace_context, header::TRACEPARENT),
            (self.trace_context, header::TRACESTATE),
            (self.baggage, header::BAGGAGE),
        ];
        let standard = standard.into_iter().filter(|(is_used, _)| *is_used);
        let mut all = own.unwrap_or_default();
        all.extend(standard.map(|(_, name)| name.to_owned()));
        all
    }
}

impl Default for Propagators {
    fn default() -> Self {
        Self::W3C
    }
}

impl fmt::Debug for Propagators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            trace_context,
            baggage,
            own,
            request_id,
        } = self;
        f.debug_struct("Propagators")
            .field("trace_context", trace_context)
            .field("baggage", baggage)
            .field("own", own)
            .field("request_id", request_id)
            .finish()
    }
}

fn unknown(name: &str) -> String {
    let known_elsewhere = matches!(name, "b3" | "b3multi" | "jaeger" | "xray" | "ottrace");
    let what = if known_elsewhere {
        "which obs doesn't bring along"
    } else {
        "which is unknown"
    };
    format!(
        "{PROPAGATORS} names {name:?}, {what}: it is ignored. obs has tracecontext and baggage; give another one to \
         ObsBuilder::propagator, see obs_core::otel"
    )
}

/// The header of request ids for the life of the process; `None` once instances have chosen too many.
pub(crate) fn request_id_header(name: &str) -> Option<&'static str> {
    static NAMES: Interner = Interner::new(MAX_NAMES);
    NAMES.intern(name)
}

/// The name of a header for the life of the process; none once there are more than propagators have.
pub(crate) fn header_name(name: &str) -> Option<&'static str> {
    static NAMES: Interner = Interner::new(MAX_NAMES);
    NAMES.intern(name)
}

#[cold]
fn foreign_parent(propagator: &OwnPropagator, headers: &dyn HeaderReader) -> Option<TraceParent> {
    // A propagator of the user's that panics must not take the request with it.
    let context = guarded(|| propagator.extract_with_context(&Context::new(), &Carrier(headers)))?;
    let span = context.span();
    let ids = span.span_context();
    Some(TraceParent {
        trace_id: otel::trace_id(ids.trace_id())?,
        span_id: otel::span_id(ids.span_id())?,
        flags: otel::from_otel_flags(ids.trace_flags()),
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

// === impl Sink ===

impl Injector for Sink<'_> {
    fn set(&mut self, key: &str, value: String) {
        (self.0)(key, &value);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::{propagation::text_map_propagator::FieldIter, trace::TraceState};

    use super::*;
    use crate::{environment::Notices, headers::extract};

    const PARENT: (&str, &[u8]) = (
        "traceparent",
        b"00-12345678901234567890123456789012-1234567890123456-01",
    );
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

    /// A format that is broken.
    #[derive(Debug)]
    struct Panics;

    impl TextMapPropagator for Panics {
        fn inject_context(&self, _: &Context, _: &mut dyn Injector) {
            panic!("on purpose");
        }

        fn extract_with_context(&self, _: &Context, _: &dyn Extractor) -> Context {
            panic!("on purpose");
        }

        fn fields(&self) -> FieldIter<'_> {
            panic!("on purpose");
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
        let notices = Notices::default();
        let own = own.then(|| Arc::new(Own) as OwnPropagator);
        let propagators = Propagators::from_settings(own, Env::new(&env, &notices));
        (propagators, notices.take())
    }

    fn read(propagators: &Propagators, headers: &[(&str, &[u8])]) -> (Option<u128>, bool) {
        let headers = List(headers);
        let mut read = extract(&headers);
        propagators.filter(&mut read, &headers);
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
            ("TraceContext,BAGGAGE", (id, true), 0),
            // What is not known is ignored, so nothing is set.
            ("b3", (id, true), 1),
            ("zipkinn,", (id, true), 1),
        ] {
            let (propagators, told) = listed(list, false);
            assert_eq!(read(&propagators, &[PARENT, ("baggage", b"a=1")]), expected, "{list}");
            assert_eq!(told.len(), notices, "{list}: {told:?}");
        }
    }

    #[test]
    fn a_name_that_is_not_ours_is_told_and_says_what_helps() {
        let (propagators, told) = listed("tracecontext,baggage,b3,zipkinn", false);
        assert_eq!(
            read(&propagators, &[PARENT]).0,
            Some(0x1234_5678_9012_3456_7890_1234_5678_9012)
        );
        assert!(told[0].contains("\"b3\", which obs doesn't bring along"), "{told:?}");
        assert!(
            told[1].contains("\"zipkinn\", which is unknown") && told[1].contains("propagator"),
            "{told:?}"
        );
        assert_eq!(told.len(), 2);
    }

    #[test]
    fn a_format_of_the_user_s_own_is_read_where_there_is_no_traceparent() {
        let (propagators, told) = listed("tracecontext,baggage,own", true);
        assert_eq!(told, Vec::<String>::new());
        assert_eq!(read(&propagators, &[OWN]).0, Some(0xabc));
        assert_eq!(
            read(&propagators, &[OWN, PARENT]).0,
            Some(0x1234_5678_9012_3456_7890_1234_5678_9012)
        );
        assert_eq!(read(&propagators, &[("x-own", b"zero")]).0, None);
        let (only_own, _) = listed("own", true);
        assert_eq!(read(&only_own, &[OWN, PARENT]).0, Some(0xabc));
    }

    #[test]
    fn what_is_listed_is_sent() {
        for (list, own, expected) in [
            ("", true, (true, true, 1)),
            ("tracecontext", false, (true, false, 0)),
            ("baggage", false, (false, true, 0)),
            ("own", true, (false, false, 1)),
            ("none", false, (false, false, 0)),
        ] {
            let (propagators, _) = listed(list, own);
            let mut headers = Vec::new();
            let parent = TraceParent::parse(PARENT.1).unwrap();
            propagators.write_own(&Context::new(), parent, None, &mut |name, value| {
                headers.push((name.to_owned(), value.to_owned()));
            });
            let sent = (
                propagators.sends_trace_context(),
                propagators.sends_baggage(),
                headers.len(),
            );
            assert_eq!(sent, expected, "{list}");
            assert!(
                headers
                    .iter()
                    .all(|header| *header == ("x-own".to_owned(), parent.trace_id.to_string()))
            );
        }
    }

    #[test]
    fn names_of_headers_are_bounded() {
        for n in 0..2 * MAX_NAMES {
            let name = format!("x-own-{n}");
            assert!(header_name(&name).is_none_or(|kept| kept == name));
        }
        assert_eq!(header_name("x-own-9999"), None);
    }

    #[test]
    fn a_format_of_the_users_own_that_panics_harms_nothing() {
        let env = |_: &str| None;
        let propagators = Propagators::from_settings(Some(Arc::new(Panics)), Env::without_notices(&env));
        let mut read = Extracted::default();
        propagators.filter(&mut read, &());
        assert!(read.parent.is_none());
        let parent = TraceParent::parse(PARENT.1).unwrap();
        propagators.write_own(&Context::new(), parent, None, &mut |_, _| panic!("nothing was written"));
    }

    #[test]
    fn instrumentation_of_others_sends_and_reads_the_same() {
        let flags = opentelemetry::trace::TraceFlags::SAMPLED;
        let ids = SpanContext::new(5.into(), 6.into(), flags, true, TraceState::NONE);
        let context = Context::new().with_remote_span_context(ids);
        for (list, expected, read) in [
            ("tracecontext,own", &["traceparent", "tracestate", "x-own"][..], 5),
            ("own", &["x-own"], 5),
            ("none", &[], 0),
        ] {
            let (propagators, _) = listed(list, list.contains("own"));
            let mut headers = std::collections::HashMap::new();
            propagators.inject(&context, &mut headers);
            let mut names: Vec<_> = headers.keys().map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, expected, "{list}");
            let context = propagators.extract(&Context::new(), &headers);
            assert_eq!(context.span().span_context().trace_id(), read.into(), "{list}");
        }
    }

    #[test]
    fn instrumentation_of_others_meets_no_panic_of_a_format_of_the_users_own() {
        let propagators = Propagators::from_settings(Some(Arc::new(Panics)), Env::without_notices(&|_: &str| None));
        let mut headers = std::collections::HashMap::new();
        propagators.inject(&Context::new(), &mut headers);
        assert!(!propagators.extract(&Context::new(), &headers).has_active_span());
        assert_eq!(propagators.headers(), ["traceparent", "tracestate", "baggage"]);
    }
}
