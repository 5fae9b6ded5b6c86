//! Spans for the work inside a request or a job.

use std::{borrow::Cow, fmt, future::Future};

use opentelemetry::{Context, trace::TraceContextExt};

use super::{
    active::ActiveSpan,
    future::{Traced, TryTraced},
    handle::Tracing,
    ids, record,
    recorded_span::RecordedSpan,
};
use crate::{
    context::{self, FieldValue, RequestContext, otel},
    guard::guarded,
    names::attribute,
};

/// The name and the type of the operation of a consumer.
const PROCESS: &str = "process";

/// What a span is to its trace
/// ([OpenTelemetry span kinds](https://opentelemetry.io/docs/specs/otel/trace/api/#spankind)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpanKind {
    /// Work inside the service.
    #[default]
    Internal,
    /// The answer to a remote caller.
    Server,
    /// A call to a remote service.
    Client,
    /// A message that is sent.
    Producer,
    /// A message that is processed.
    Consumer,
}

/// A span that has not started, see [`span`].
#[must_use = "a span begins with `run`"]
pub struct SpanBuilder {
    /// None if the span is neither exported nor recorded: then nothing is kept and nothing costs.
    pending: Option<Pending>,
}

/// What a span is made from.
pub(super) enum Pending {
    /// A span of OpenTelemetry.
    Exported(Box<Exported>),
    /// A span that is in the flight recorder alone.
    Recorded(RecordedSpan),
}

pub(super) struct Exported {
    tracing: Tracing,
    parent: Context,
    builder: opentelemetry::trace::SpanBuilder,
}

/// A span of this name around some work, as a child of the span that is active now.
///
/// In a request that is not sampled it is in the [flight recorder](crate::recorder) alone. In a
/// [job](crate::context::in_new) the first span is the root of the job's trace; outside both it
/// starts a trace of its own. What the work itself logs, records and calls belongs to the span.
///
/// ```
/// use obs_core::trace;
///
/// # async fn charge() -> Result<u64, std::io::Error> { Ok(1) }
/// # async fn handler() -> Result<(), std::io::Error> {
/// let receipt = trace::span("charge card")
///     .attribute("amount_cents", 1999)
///     .kind(trace::SpanKind::Client)
///     .try_run(charge())
///     .await?;
/// # Ok(())
/// # }
/// ```
pub fn span(name: impl Into<Cow<'static, str>>) -> SpanBuilder {
    SpanBuilder {
        pending: Pending::here(name.into()),
    }
}

/// A span around the processing of a message, or of a batch of them, by the
/// [conventions](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/) of OpenTelemetry: of the kind
/// [`Consumer`](SpanKind::Consumer), with the name `process <destination>` and the attributes `messaging.system`,
/// `messaging.destination.name`, `messaging.operation.name` and `messaging.operation.type`.
///
/// `system` is the messaging system (`kafka`, `rabbitmq`, `nats`), `destination` the queue or topic; its name becomes
/// part of the name of the span, so it must not have ids in it. Call it within the context of the message, see
/// [`RequestContext::continue_from`].
///
/// ```
/// use obs_core::{context, propagation, trace};
///
/// # async fn place_order() -> Result<(), std::io::Error> { Ok(()) }
/// # async fn consume(headers: Vec<(String, String)>) -> Result<(), std::io::Error> {
/// let producer = propagation::extract(&headers);
/// let work = async { trace::process_span("kafka", "orders").try_run(place_order()).await };
/// context::in_continued(&producer, work).await?;
/// # Ok(())
/// # }
/// ```
pub fn process_span(system: impl Into<Cow<'static, str>>, destination: impl Into<Cow<'static, str>>) -> SpanBuilder {
    let builder = span(PROCESS);
    if builder.pending.is_none() {
        return builder;
    }
    let destination = destination.into();
    builder
        .named(format!("{PROCESS} {destination}"))
        .kind(SpanKind::Consumer)
        .attribute(attribute::MESSAGING_SYSTEM, system.into())
        .attribute(attribute::MESSAGING_DESTINATION_NAME, destination)
        .attribute(attribute::MESSAGING_OPERATION_NAME, PROCESS)
        .attribute(attribute::MESSAGING_OPERATION_TYPE, PROCESS)
}

/// Runs `future` in a span of this name: ends with status `Ok`.
///
/// ```
/// # async fn load() -> u32 { 3 }
/// # async fn handler() {
/// let items = obs_core::trace::in_span("load cart", load()).await;
/// # }
/// ```
pub fn in_span<F: Future>(name: impl Into<Cow<'static, str>>, future: F) -> Traced<F> {
    span(name).run(future)
}

/// Runs `future` in a span of this name: an `Err` is recorded and makes the status `Error`.
///
/// ```
/// # async fn load() -> Result<u32, std::io::Error> { Ok(3) }
/// # async fn handler() -> Result<(), std::io::Error> {
/// let items = obs_core::trace::try_in_span("load cart", load()).await?;
/// # Ok(())
/// # }
/// ```
pub fn try_in_span<F, T, E>(name: impl Into<Cow<'static, str>>, future: F) -> TryTraced<F>
where
    F: Future<Output = Result<T, E>>,
    E: fmt::Display,
{
    span(name).try_run(future)
}

/// Runs `work` in a span of this name: the blocking twin of [`in_span`].
///
/// ```
/// let sum = obs_core::trace::in_span_blocking("add up", || 1 + 2);
/// assert_eq!(sum, 3);
/// ```
pub fn in_span_blocking<R>(name: impl Into<Cow<'static, str>>, work: impl FnOnce() -> R) -> R {
    span(name).run_blocking(work)
}

/// Runs `work` in a span of this name: the blocking twin of [`try_in_span`].
///
/// # Errors
///
/// What `work` returns.
///
/// ```
/// let port = obs_core::trace::try_in_span_blocking("read port", || "8080".parse::<u16>());
/// assert_eq!(port, Ok(8080));
/// ```
pub fn try_in_span_blocking<T, E: fmt::Display>(
    name: impl Into<Cow<'static, str>>,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    span(name).try_run_blocking(work)
}

// === impl SpanBuilder ===

impl SpanBuilder {
    /// Adds an attribute. Integers are exported as integers; one beyond `i64::MAX`, which
    /// OpenTelemetry has no type for, as text.
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<FieldValue>) -> Self {
        if let Some(pending) = &mut self.pending {
            let attribute = record::key_value(key.into(), value.into());
            match pending {
                Pending::Exported(span) => span.builder.attributes.get_or_insert_default().push(attribute),
                Pending::Recorded(span) => span.add_attribute(attribute),
            }
        }
        self
    }

    fn named(mut self, name: String) -> Self {
        match &mut self.pending {
            Some(Pending::Exported(span)) => span.builder.name = name.into(),
            Some(Pending::Recorded(span)) => span.set_name(name),
            None => {}
        }
        self
    }

    /// Sets what the span is to its trace. Defaults to [`SpanKind::Internal`].
    pub fn kind(mut self, kind: SpanKind) -> Self {
        match &mut self.pending {
            Some(Pending::Exported(span)) => span.builder.span_kind = Some(kind.into()),
            Some(Pending::Recorded(span)) => span.set_kind(&kind.into()),
            None => {}
        }
        self
    }

    /// Runs `future` in the span: it begins at the first poll, is active in every poll and ends with
    /// the future, with status `Ok`. A panic makes the status `Error`; a future that is dropped
    /// before its end leaves it unset.
    pub fn run<F: Future>(self, future: F) -> Traced<F> {
        Traced::new(self.pending, future)
    }

    /// [`run`](Self::run), and an `Err` is recorded and makes the status `Error`.
    pub fn try_run<F, T, E>(self, future: F) -> TryTraced<F>
    where
        F: Future<Output = Result<T, E>>,
        E: fmt::Display,
    {
        TryTraced::new(self.pending, future)
    }

    /// Runs `work` in the span: the blocking twin of [`run`](Self::run).
    pub fn run_blocking<R>(self, work: impl FnOnce() -> R) -> R {
        self.blocking(work, |span, _| span.succeeded())
    }

    /// Runs `work` in the span: the blocking twin of [`try_run`](Self::try_run).
    ///
    /// # Errors
    ///
    /// What `work` returns.
    pub fn try_run_blocking<T, E: fmt::Display>(self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.blocking(work, ActiveSpan::ended_with)
    }

    fn blocking<R>(self, work: impl FnOnce() -> R, judge: impl FnOnce(&ActiveSpan, &R)) -> R {
        let Some(span) = self.pending.and_then(Pending::start) else {
            return work();
        };
        let result = span.enter(work);
        judge(&span, &result);
        result
    }
}

impl fmt::Debug for SpanBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("SpanBuilder");
        match &self.pending {
            Some(Pending::Exported(span)) => out.field("exported", &span.builder),
            Some(Pending::Recorded(span)) => out.field("recorded", span),
            None => &mut out,
        };
        out.finish()
    }
}

// === impl Pending ===

impl Pending {
    /// A span that belongs here, unless nothing is recorded here.
    fn here(name: Cow<'static, str>) -> Option<Self> {
        let in_request = context::with_current(|request| {
            let recorder = request.parts().recorder().filter(|_| request.is_sampled());
            let tracing = recorder
                .and_then(Tracing::of)
                .filter(|tracing| tracing.tracer().is_some());
            match tracing {
                Some(tracing) => Ok((tracing.clone(), parent_in(request, tracing))),
                None => Err(RecordedSpan::in_request(request)),
            }
        });
        let (tracing, parent) = match in_request {
            Some(Ok(exported)) => exported,
            Some(Err(recorded)) => {
                let mut recorded = recorded?;
                recorded.set_name(name);
                return Some(Self::Recorded(recorded));
            }
            None => (Tracing::of(&context::outside_instance()?)?.clone(), otel::current()),
        };
        tracing.tracer()?;
        Some(Self::Exported(Box::new(Exported {
            tracing,
            parent,
            builder: opentelemetry::trace::SpanBuilder::from_name(name),
        })))
    }

    /// Begins the span. An unsampled span becomes active too, so that the spans
    /// in it are left out with it.
    pub(super) fn start(self) -> Option<ActiveSpan> {
        let Exported {
            tracing,
            parent,
            builder,
        } = match self {
            Self::Exported(span) => *span,
            Self::Recorded(span) => return span.start().map(ActiveSpan::Recorded),
        };
        let tracer = tracing.tracer()?;
        // The sampler and the processors of a provider of the user's run in there.
        let span = guarded(|| builder.start_with_context(tracer, &parent))?;
        Some(ActiveSpan::Exported(parent.with_span(span)))
    }
}

/// The span to be a child of in this request: the innermost active one, else the request's own.
fn parent_in(request: &RequestContext, tracing: &Tracing) -> Context {
    let current = otel::current();
    if current.has_active_span() {
        return current;
    }
    match &request.parts().otel {
        Some(own) => own.clone(),
        // A job has no span yet. Our own provider makes a root with the job's trace id; another one
        // can only get the id as that of a parent.
        None if tracing.is_own() => current,
        None => current.with_remote_span_context(ids::span_context(request)),
    }
}

// === impl SpanKind ===

impl From<SpanKind> for opentelemetry::trace::SpanKind {
    fn from(kind: SpanKind) -> Self {
        match kind {
            SpanKind::Internal => Self::Internal,
            SpanKind::Server => Self::Server,
            SpanKind::Client => Self::Client,
            SpanKind::Producer => Self::Producer,
            SpanKind::Consumer => Self::Consumer,
        }
    }
}

#[cfg(test)]
#[path = "builder_tests.rs"]
mod tests;
