//! What is known of one request.

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use obs_conventions::Outcome;
use opentelemetry::{Key, KeyValue, trace::TraceContextExt as _};
use tracing_core::LevelFilter;

use super::{
    FieldValue, InstanceRef, Parts, RequestId, SpanId, TraceFlags, TraceId,
    fields::{Fields, MAX_FIELD_BYTES, NotedFailure},
    otel, outside_instance, with_current,
};
use crate::{
    clock::Moment,
    failure::{Failure, take_panic},
    headers::{BaggageMembers, baggage_members},
    pool::Pool,
    recorder::{Begin, Entry, EntryRef, Kind, verbosity},
};

/// Ids and fields of one request; a cheap handle that clones share.
#[derive(Clone, Debug)]
pub struct RequestContext {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    parts: Parts,
    /// Whether there ever were fields: most requests have none, and reading them then takes no lock.
    has_fields: AtomicBool,
    fields: Mutex<Fields>,
}

thread_local! {
    static POOL: Pool<Option<Arc<Inner>>> = const { Pool::new() };
}

// === impl Inner ===

impl Inner {
    /// Drops all that has been set, but for the ids.
    fn clear(&mut self) {
        self.end_job();
        let Self {
            parts,
            has_fields,
            fields,
        } = self;
        parts.clear();
        *has_fields.get_mut() = false;
        *fields.get_mut().unwrap_or_else(PoisonError::into_inner) = Fields::default();
    }

    /// Ends the job of the context, if it is one.
    #[inline]
    fn end_job(&mut self) {
        if let Some(outcome) = self.parts.entry().and_then(Entry::job) {
            self.end_job_as(outcome);
        }
    }

    /// With what it failed with: a panic, else the error that it has recorded last.
    fn end_job_as(&mut self, outcome: Outcome) {
        let (Some(entry), Some(instance)) = (self.parts.entry(), &self.parts.instance) else {
            return;
        };
        let fields = self.fields.get_mut().unwrap_or_else(PoisonError::into_inner);
        let failure = match outcome {
            Outcome::Panic => take_panic(self.parts.span_id),
            Outcome::Ok => fields.failure.take().map(|noted| noted.failure),
            _ => None,
        };
        let failure = failure.map(|failure| failure.redacted(instance.redactor()));
        let has_failed = outcome == Outcome::Ok && failure.is_some();
        let outcome = if has_failed { Outcome::ServerError } else { outcome };
        entry.end_alone(outcome, failure.as_ref());
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end_job();
    }
}

// === impl RequestContext ===

impl RequestContext {
    /// A context for work that no HTTP request started: a job, a message from a queue.
    ///
    /// It is in the [flight recorder](crate::recorder) until its last handle is dropped, and ends as `ok`; as `server_error`
    /// with the error that was [recorded](crate::trace::record_error) last in it, if there was one; as `panic`; or as
    /// `cancelled`, if its future is dropped before its end.
    ///
    /// It has new ids and belongs to a new trace, sampled if the instance of the thread
    /// ([`Obs::make_thread_default`](crate::Obs::make_thread_default)) or the process-wide default decides so;
    /// [`Obs::start_context`](crate::Obs::start_context) is for another instance. It is not current yet: hand it to [`scope`](super::scope) or
    /// [`run_in`](super::run_in), or use [`in_new`](super::in_new) and
    /// [`run_new`](super::run_new), which do both. It stops being current on return, on error and
    /// on panic.
    ///
    /// ```
    /// use obs_core::context::{self, RequestContext};
    ///
    /// let job = RequestContext::start();
    /// let id = job.request_id().to_owned();
    /// context::run_in(job, || assert_eq!(context::current().unwrap().request_id(), id));
    /// ```
    #[must_use]
    pub fn start() -> Self {
        Self::start_in(outside_instance())
    }

    /// [`start`](Self::start) with the sampler and the spans of one instance; without one, the trace is sampled.
    pub(crate) fn start_in(instance: Option<InstanceRef>) -> Self {
        Self::of_job(Self::new_parts(instance))
    }

    /// Begins an entry for the connection that the request is upgraded to, beside that of the request.
    pub(crate) fn begin_upgrade(&self) -> Option<EntryRef> {
        let parts = self.parts();
        let request = parts.entry()?;
        let started = Moment::now();
        parts.instance.as_ref()?.flight_recorder().begin(|| Begin {
            kind: Kind::Upgrade,
            method: request.method(),
            endpoint: Some(request.endpoint()),
            path: ["", ""],
            client: request.client(),
            request_id: Cow::Borrowed(&parts.request_id),
            trace_id: parts.trace_id,
            span_id: SpanId::random(),
            parent_id: Some(parts.span_id),
            is_sampled: parts.flags.is_sampled(),
            holds: verbosity(LevelFilter::TRACE),
            started,
            arrived: started.since_epoch(),
        })
    }

    /// The context of a job, which runs until the last handle to it is dropped.
    pub(super) fn of_job(mut parts: Parts) -> Self {
        if let Some(instance) = &parts.instance {
            let started = Moment::now();
            parts.entry = instance.flight_recorder().begin(|| Begin {
                kind: Kind::Job,
                method: "",
                endpoint: None,
                path: ["", ""],
                client: None,
                request_id: Cow::Borrowed(&parts.request_id),
                trace_id: parts.trace_id,
                span_id: parts.span_id,
                parent_id: None,
                is_sampled: parts.flags.is_sampled(),
                holds: verbosity(LevelFilter::TRACE),
                started,
                arrived: started.since_epoch(),
            });
        }
        Self::from_parts(parts)
    }

    /// What a context of a new trace is made of.
    pub(super) fn new_parts(instance: Option<InstanceRef>) -> Parts {
        let trace_id = TraceId::random();
        let sampled = instance.as_ref().is_none_or(|instance| instance.samples_root(trace_id));
        Parts {
            request_id: RequestId::new(),
            trace_id,
            span_id: SpanId::random(),
            flags: TraceFlags::new_root(sampled),
            tracestate: None,
            baggage: None,
            otel: None,
            otel_baggage: None,
            instance,
            records_spans: sampled,
            entry: None,
        }
    }

    pub(crate) fn from_parts(parts: Parts) -> Self {
        if let Some(mut inner) = Pool::take(&POOL)
            && let Some(place) = Arc::get_mut(&mut inner)
        {
            place.parts = parts;
            return Self { inner };
        }
        Self {
            inner: Arc::new(Inner {
                parts,
                has_fields: AtomicBool::new(false),
                fields: Mutex::default(),
            }),
        }
    }

    /// Drops this handle. If it was the last one, the memory serves the next context of this thread.
    pub(crate) fn recycle(self) {
        let Self { mut inner } = self;
        if let Some(place) = Arc::get_mut(&mut inner) {
            place.clear();
            Pool::recycle(&POOL, Some(inner), 0);
        }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.inner.parts
    }

    /// Id of the request: the caller's `x-request-id`, else a UUIDv7.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.inner.parts.request_id.as_str()
    }

    /// Id of the trace that the request belongs to.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.inner.parts.trace_id
    }

    /// Id of the request's own span, recorded or not.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.inner.parts.span_id
    }

    /// The flags that are sent on with the trace id.
    #[must_use]
    pub fn trace_flags(&self) -> TraceFlags {
        self.inner.parts.flags
    }

    /// Whether the sampler decided to record this request.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.inner.parts.flags.is_sampled()
    }

    /// A copy of the fields set so far, in the order in which they were first set.
    #[must_use]
    pub fn fields(&self) -> Vec<(Cow<'static, str>, FieldValue)> {
        self.with_fields(<[_]>::to_vec)
    }

    /// Sets a field that every following log line of this request carries; a second value replaces
    /// the first.
    ///
    /// All fields of a request have at most 128 KiB, more than a line may have: what would be beyond is cut off a
    /// text, and a field for which there is no room at all is not set.
    pub fn set_field(&self, key: impl Into<Cow<'static, str>>, value: impl Into<FieldValue>) {
        self.inner.has_fields.store(true, Ordering::Release);
        self.lock().set(key.into(), value.into());
    }

    /// [`set_field`](Self::set_field), and the same as an attribute of the request's span. A second value replaces the
    /// first in both.
    ///
    /// The span is the request's own, whatever span is active; in a job, which has none, the active one. A request that
    /// is not sampled gets the attribute if its span is exported at its end, see
    /// [`ObsBuilder::keep_errors`](crate::ObsBuilder::keep_errors).
    pub fn record(&self, key: impl Into<Cow<'static, str>>, value: impl Into<FieldValue>) {
        let (key, Some(value)) = (key.into(), value.into().within(MAX_FIELD_BYTES)) else {
            return;
        };
        self.set_attribute(|| KeyValue::new(Key::from(key.clone()), value.clone().into_attribute()));
        self.inner.has_fields.store(true, Ordering::Release);
        let mut fields = self.lock();
        let is_set = fields.set(key.clone(), value);
        if is_set && !self.inner.parts.records_spans && !fields.recorded.contains(&key) {
            fields.recorded.push(key);
        }
    }

    /// Sets an attribute of the request's span, if that is recorded.
    fn set_attribute(&self, attribute: impl FnOnce() -> KeyValue) {
        let parts = self.parts();
        if let Some(own) = parts.recorded() {
            own.span().set_attribute(attribute());
        } else if parts.records_spans && with_current(|current| current.is_same(self)) == Some(true) {
            otel::map_current(|active| active.span().set_attribute(attribute()));
        }
    }

    /// Removes all fields; the ids stay, as do attributes that a span has already.
    pub fn clear_fields(&self) {
        let Fields {
            all,
            recorded,
            failure: _,
        } = &mut *self.lock();
        all.clear();
        recorded.clear();
    }

    /// Keeps an error, which explains the end of the request or job if that fails. The last one counts: errors are
    /// recorded from the inside to the outside.
    #[cold]
    pub(crate) fn note_failure(&self, failure: Failure, is_on_span: bool) {
        let noted = Box::new(NotedFailure { failure, is_on_span });
        self.lock().failure = Some(noted);
    }

    /// The error that was recorded last, once.
    #[cold]
    pub(crate) fn take_failure(&self) -> Option<NotedFailure> {
        self.lock().failure.take().map(|noted| *noted)
    }

    fn lock(&self) -> MutexGuard<'_, Fields> {
        self.inner.fields.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entries of the caller's `baggage`, in order, each value percent-decoded. Empty if it sent
    /// none or is not trusted.
    ///
    /// What a caller sends is its own choice: check it before it decides anything, and never make a
    /// metric label of it.
    #[must_use]
    pub fn baggage(&self) -> BaggageMembers<'_> {
        baggage_members(self.inner.parts.baggage.as_deref().unwrap_or_default())
    }

    /// The value of an entry of the caller's `baggage`; of several, the last.
    ///
    /// ```
    /// let tier = obs_core::context::current().and_then(|context| Some(context.baggage_value("tier")?.into_owned()));
    /// assert_eq!(tier, None); // no request here
    /// ```
    #[must_use]
    pub fn baggage_value(&self, key: &str) -> Option<Cow<'_, str>> {
        self.baggage()
            .filter(|member| member.key == key)
            .last()
            .map(|member| member.value)
    }

    /// Whether both handles belong to one request.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Reads the fields in place. `read` must not set fields.
    pub(crate) fn with_fields<R>(&self, read: impl FnOnce(&[(Cow<'static, str>, FieldValue)]) -> R) -> R {
        if self.inner.has_fields.load(Ordering::Acquire) {
            read(&self.lock().all)
        } else {
            read(&[])
        }
    }

    /// The attributes that a span has which is made at the end of the request.
    pub(crate) fn recorded_attributes(&self) -> Vec<KeyValue> {
        if !self.inner.has_fields.load(Ordering::Acquire) {
            return Vec::new();
        }
        let Fields { all, recorded, .. } = &*self.lock();
        all.iter()
            .filter(|(key, _)| recorded.contains(key))
            .map(|(key, value)| KeyValue::new(Key::from(key.clone()), value.clone().into_attribute()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(context: &RequestContext) -> usize {
        context
            .fields()
            .iter()
            .map(|(key, value)| key.len() + value.size())
            .sum()
    }

    #[test]
    fn the_fields_of_a_request_are_bounded_in_bytes() {
        let context = RequestContext::start();
        context.set_field("first", "ä".repeat(MAX_FIELD_BYTES));
        assert!(bytes(&context) <= MAX_FIELD_BYTES && bytes(&context) > MAX_FIELD_BYTES - 2);
        context.set_field("second", "no room");
        context.set_field("x".repeat(MAX_FIELD_BYTES), 1);
        assert_eq!(context.fields().len(), 1);
        context.set_field("first", "short");
        for n in 0..10_000 {
            context.set_field(format!("field.{n}"), n);
        }
        assert!(bytes(&context) <= MAX_FIELD_BYTES, "{}", bytes(&context));
        assert_eq!(context.fields()[0], (Cow::from("first"), "short".into()));
    }

    #[test]
    fn the_memory_of_a_context_serves_the_next_one_without_what_was_in_it() {
        let parts = |request_id: &str| Parts {
            request_id: RequestId::from_caller(request_id.as_bytes()).unwrap(),
            baggage: Some("tier=gold".into()),
            ..RequestContext::new_parts(None)
        };
        let first = RequestContext::from_parts(parts("first"));
        first.set_field("user", "somebody");
        let (address, held) = (Arc::as_ptr(&first.inner), first.clone());
        first.recycle();
        assert_eq!(held.fields().len(), 1);
        held.recycle();
        let second = RequestContext::from_parts(Parts {
            baggage: None,
            ..parts("second")
        });
        assert_eq!(Arc::as_ptr(&second.inner), address);
        assert_eq!((second.request_id(), second.fields().len()), ("second", 0));
        assert_eq!(second.baggage().count(), 0);
    }

    #[test]
    fn an_idle_context_holds_nothing_of_its_request() {
        let otel = opentelemetry::Context::new().with_value(Arc::new("held"));
        let value = Arc::clone(otel.get::<Arc<&str>>().unwrap());
        let context = RequestContext::from_parts(Parts {
            otel: Some(otel),
            ..RequestContext::new_parts(None)
        });
        assert_eq!(Arc::strong_count(&value), 2);
        context.recycle();
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
