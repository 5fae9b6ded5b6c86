//! Whose child an attempt is, and its span.

use std::{
    borrow::Cow,
    time::{SystemTime, UNIX_EPOCH},
};

use opentelemetry::{
    Context as OtelContext, KeyValue,
    trace::{SpanRef, TraceContextExt},
};
use tracing_core::LevelFilter;

use super::{ClientInstrument, ClientUrl};
use crate::{
    clock::Moment,
    context::{self, Instance as _, RequestContext, RequestId, SpanId, TraceFlags, TraceId, otel},
    headers::TraceParent,
    interner::Interner,
    names::value,
    recorder::{ActiveSpan, Begin, EntryRef, Kind, verbosity},
    trace::{ClientSpan, ClientSpanStart, RunningSpan, Tracing},
};

/// The most endpoints of calls that live as long as the process.
const MAX_ENDPOINTS: usize = 1_024;

/// The ids of an attempt, and its span if one is recorded.
pub(super) struct Attempt {
    /// The request or job that it is made for.
    pub(super) context: Option<RequestContext>,
    /// Trace, span id and flags, as they are sent.
    pub(super) ids: TraceParent,
    /// Holds the span while it is recorded.
    pub(super) otel: Option<OtelContext>,
    /// Its span in the flight recorder, if it is there alone.
    pub(super) recorded: Option<RunningSpan>,
    /// The `tracestate` of a span that belongs to no request of ours.
    pub(super) foreign_state: Option<String>,
    /// Wall clock of the start; for stamps only.
    pub(super) started: SystemTime,
    /// The span that it is a child of.
    parent: Option<SpanId>,
}

/// Where an attempt is made.
struct Parent {
    context: Option<RequestContext>,
    /// Holds the span to be a child of, if there is one.
    span: OtelContext,
}

// === impl Parent ===

impl Parent {
    /// The innermost span of the current request; where there is no request, of the current
    /// OpenTelemetry context. A span of another trace is not a parent.
    fn current() -> Self {
        let active = otel::current();
        let Some(context) = context::current() else {
            return Self {
                context: None,
                span: active,
            };
        };
        let is_ours = active.has_active_span()
            && otel::trace_id(active.span().span_context().trace_id()) == Some(context.trace_id());
        let span = if is_ours {
            active
        } else {
            context.parts().to_attach().cloned().unwrap_or_default()
        };
        Self {
            context: Some(context),
            span,
        }
    }

    /// The pipeline that spans go to: the one that the client was given, else the request's.
    fn tracing<'a>(&'a self, instrument: &'a ClientInstrument) -> &'a Tracing {
        let of_request = || Tracing::of(self.context.as_ref()?.parts().recorder()?);
        let own = &instrument.common.pipeline.tracing;
        if instrument.options.common.own_instance().is_some() {
            own
        } else {
            of_request().unwrap_or(own)
        }
    }

    /// Trace and flags of the attempt; a new trace if there is no current one.
    fn trace(&self, tracing: &Tracing) -> (TraceId, TraceFlags) {
        if let Some(context) = &self.context {
            return (context.trace_id(), context.trace_flags());
        }
        let span = self.span.span();
        let active = span.span_context();
        if let Some(id) = otel::trace_id(active.trace_id()).filter(|_| active.is_valid()) {
            return (id, TraceFlags::from_bits(active.trace_flags().to_u8()));
        }
        let id = TraceId::random();
        (id, TraceFlags::new_root(tracing.samples_root(id)))
    }

    /// The id of the innermost recorded span.
    fn recorded_span(&self) -> Option<SpanId> {
        let span = self.span.span();
        if span.is_recording() {
            otel::span_id(span.span_context().span_id())
        } else {
            None
        }
    }

    /// The id of the innermost span, exported or not.
    fn span_id(&self) -> Option<SpanId> {
        self.recorded_span().or_else(|| {
            let request = self.context.as_ref()?.span_id();
            Some(ActiveSpan::current().of(request).unwrap_or(request))
        })
    }

    fn foreign_state(&self) -> Option<String> {
        if self.context.is_some() || !self.span.has_active_span() {
            return None;
        }
        Some(self.span.span().span_context().trace_state().header()).filter(|state| !state.is_empty())
    }
}

// === impl Attempt ===

impl Attempt {
    /// An attempt that has started here at this moment; a span, if it has one, is called `name`.
    pub(super) fn start(
        instrument: &ClientInstrument,
        started: Moment,
        name: impl FnOnce() -> Cow<'static, str>,
        attributes: impl Fn() -> Vec<KeyValue>,
    ) -> Self {
        let started = UNIX_EPOCH + started.since_epoch();
        let parent = Parent::current();
        let tracing = parent.tracing(instrument);
        let (trace_id, flags) = parent.trace(tracing);
        let foreign_state = parent.foreign_state();
        let parent_id = parent.span_id();
        if !instrument.options.common.traces {
            // The other service hangs on the span around this call.
            let span_id = parent.recorded_span().unwrap_or_else(SpanId::random);
            let ids = TraceParent {
                trace_id,
                span_id,
                flags,
            };
            return Self {
                context: parent.context,
                ids,
                otel: None,
                recorded: None,
                foreign_state,
                started,
                parent: parent_id,
            };
        }
        let name = name();
        let start = ClientSpanStart {
            parent: &parent.span,
            request: parent.context.as_ref(),
            trace_id,
            flags,
            name: name.clone(),
            start: started,
        };
        let ClientSpan { ids, otel } = tracing.start_client_span(start, &attributes);
        let recorded = parent.context.as_ref().filter(|_| otel.is_none()).and_then(|request| {
            // Nobody but the export needs them.
            let attributes = tracing.keep().map(|_| attributes());
            RunningSpan::of_call(request, ids.span_id, name, attributes.unwrap_or_default())
        });
        Self {
            context: parent.context,
            ids,
            otel,
            recorded,
            foreign_state,
            started,
            parent: parent_id,
        }
    }

    /// Begins the entry of the attempt in the flight recorder, under its target, else its host; `None` if it isn't recorded.
    pub(super) fn begin_entry(
        &self,
        instrument: &ClientInstrument,
        started: Moment,
        method: &'static str,
        (host, target): (&str, &str),
        url: &ClientUrl<'_>,
    ) -> Option<EntryRef> {
        let common = &instrument.options.common;
        if !common.logs && !common.traces {
            return None;
        }
        let TraceParent {
            trace_id,
            span_id,
            flags,
        } = self.ids;
        instrument.common.pipeline.tracing.flight_recorder().begin(|| Begin {
            kind: Kind::Call,
            method,
            endpoint: Some(endpoint(if target.is_empty() { host } else { target })),
            path: [url.host, url.path],
            client: None,
            request_id: self.context.as_ref().map_or_else(
                || Cow::Owned(RequestId::new()),
                |context| Cow::Borrowed(&context.parts().request_id),
            ),
            trace_id,
            span_id,
            parent_id: self.parent,
            is_sampled: flags.is_sampled(),
            holds: verbosity(LevelFilter::TRACE),
            started,
            arrived: started.since_epoch(),
        })
    }

    pub(super) fn span(&self) -> Option<SpanRef<'_>> {
        self.otel.as_ref().map(TraceContextExt::span)
    }

    /// The ids for an exemplar, if the attempt is sampled.
    pub(super) fn exemplar(&self) -> Option<(TraceId, SpanId)> {
        self.ids
            .flags
            .is_sampled()
            .then_some((self.ids.trace_id, self.ids.span_id))
    }
}

/// A target or host, which come again, so that one text serves many calls.
fn endpoint(name: &str) -> Cow<'static, str> {
    static ENDPOINTS: Interner = Interner::new(MAX_ENDPOINTS);
    ENDPOINTS
        .intern(name)
        .map_or_else(|| Cow::Owned(name.to_owned()), Cow::Borrowed)
}

/// `{method}` or `{method} {target}`; a method outside the known set is called `HTTP`
/// ([HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#name)).
pub(super) fn span_name(method: &'static str, target: &str) -> Cow<'static, str> {
    let method = if method == value::OTHER { "HTTP" } else { method };
    if target.is_empty() {
        Cow::Borrowed(method)
    } else {
        Cow::Owned(format!("{method} {target}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_called_by_method_and_template() {
        assert_eq!(span_name("GET", ""), "GET");
        assert_eq!(span_name("GET", "/users/{id}"), "GET /users/{id}");
        assert_eq!(span_name("_OTHER", "/x"), "HTTP /x");
    }
}
