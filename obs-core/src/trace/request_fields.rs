//! Fields of `tracing` spans that belong to the request, whatever span they are recorded on.
//!
//! `Span::current().record("user_id", …)` in a handler reaches the innermost span alone, and only if that declares
//! the field. For the names of [`ObsBuilder::request_fields`](crate::ObsBuilder::request_fields), each request has a
//! span that declares them, and their values are taken from every span in the request.

use std::{
    error::Error,
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

use obs_base::InitError;
use tracing::{
    Level, Metadata, Span, Subscriber, Value,
    field::{Field, FieldSet, Visit, display},
    level_filters::LevelFilter,
    metadata::Kind,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_core::callsite::{self, Callsite, Identifier};
use tracing_subscriber::{
    Layer,
    layer::{Context, Filter},
    registry::LookupSpan,
};

use crate::{
    context::{self, FieldValue, RequestContext},
    formatting::with_text,
    names::log,
};

/// The fields that the span of a request has in any case.
const OWN: [&str; 5] = [log::METHOD, log::ENDPOINT, log::REQUEST_ID, log::TRACE_ID, log::SPAN_ID];
/// How many names there may be.
const MAX_NAMES: usize = 16;
/// The longest name, in bytes.
const MAX_NAME: usize = 64;
/// The longest text of a value, in bytes.
const MAX_TEXT: usize = 16 * 1_024;

/// The names of an instance, and the span of its requests that declares them. Lives until the process ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestFields(&'static Declared);

#[derive(Debug)]
struct Declared {
    /// [`OWN`], then those of the application.
    all: Vec<&'static str>,
    metadata: OnceLock<Metadata<'static>>,
}

/// Takes the values of an instance's names.
struct TakeFields {
    fields: RequestFields,
    instance: u64,
}

/// Only spans that have one of the names.
#[derive(Clone, Copy)]
struct HasField(RequestFields);

/// The request that a span was opened in.
struct OfRequest(RequestContext);

/// Records values on a request.
struct Recorder<'a> {
    fields: RequestFields,
    request: &'a RequestContext,
}

// === impl RequestFields ===

impl RequestFields {
    /// The most verbose level of the spans that the layer looks at: that of `#[instrument]`.
    pub(super) const LEVEL: LevelFilter = LevelFilter::INFO;

    /// The fields with these names; none if there are none.
    ///
    /// # Errors
    ///
    /// If one can't be a name of such a field, or if there are too many.
    pub(super) fn new(names: &[String]) -> Result<Option<Self>, InitError> {
        let mut known: Vec<&str> = Vec::new();
        for name in names {
            check(name)?;
            if !known.contains(&&**name) {
                known.push(name);
            }
        }
        if known.len() > MAX_NAMES {
            let expected = format!("at most {MAX_NAMES} names");
            return Err(InitError::invalid("request_fields", known.len(), expected));
        }
        Ok((!known.is_empty()).then(|| Self(Declared::of(&known))))
    }

    fn names(self) -> &'static [&'static str] {
        self.0.all.get(OWN.len()..).unwrap_or_default()
    }

    fn has(self, name: &str) -> bool {
        self.names().contains(&name)
    }

    /// Opens the span of a request, whose context is current. It is disabled if no layer wants it.
    pub(crate) fn open_span(self, request: &RequestContext, method: &str, endpoint: Option<&str>) -> Span {
        let Some(metadata) = self.0.metadata.get() else {
            return Span::none();
        };
        if !tracing::dispatcher::get_default(|dispatch| dispatch.enabled(metadata)) {
            return Span::none();
        }
        let (request_id, trace, span) = (
            request.request_id(),
            display(request.trace_id()),
            display(request.span_id()),
        );
        let endpoint = endpoint.as_ref().map(|endpoint| endpoint as &dyn Value);
        let mut values: Vec<Option<&dyn Value>> =
            vec![Some(&method), endpoint, Some(&request_id), Some(&trace), Some(&span)];
        values.resize(metadata.fields().len(), None);
        Span::new(metadata, &metadata.fields().value_set_all(&values))
    }

    /// The layer that takes the values for requests of this instance.
    pub(super) fn layer<S>(self, instance: u64) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        TakeFields { fields: self, instance }.with_filter(HasField(self))
    }
}

fn check(name: &str) -> Result<(), InitError> {
    let is_taken = OWN.contains(&name) || log::RESERVED.contains(&name);
    if is_taken || name.is_empty() || name.len() > MAX_NAME {
        let expected = format!("names of 1 to {MAX_NAME} bytes that lines and spans of requests don't have themselves");
        return Err(InitError::invalid("request_fields", name, expected));
    }
    Ok(())
}

// === impl Declared ===

impl Declared {
    /// The declaration of these names: the same for the same names, as it is never freed.
    fn of(names: &[&str]) -> &'static Self {
        static ALL: Mutex<Vec<&'static Declared>> = Mutex::new(Vec::new());
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().find(|known| known.all.get(OWN.len()..) == Some(names));
        if let Some(known) = known {
            return known;
        }
        let leaked = names.iter().map(|name| &*Box::leak(Box::<str>::from(*name)));
        let made: &'static Self = Box::leak(Box::new(Self {
            all: OWN.into_iter().chain(leaked).collect(),
            metadata: OnceLock::new(),
        }));
        // `ERROR`: each filter by level that accepts an event of the request accepts the span too.
        let _ = made.metadata.set(Metadata::new(
            "request",
            log::REQUEST_TARGET,
            Level::ERROR,
            None,
            None,
            None,
            FieldSet::new(&made.all, Identifier(made)),
            Kind::SPAN,
        ));
        all.push(made);
        drop(all);
        callsite::register(made);
        made
    }
}

impl Callsite for Declared {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        static NOTHING: Undeclared = Undeclared;
        static UNDECLARED: Metadata<'static> = Metadata::new(
            "request",
            log::REQUEST_TARGET,
            Level::ERROR,
            None,
            None,
            None,
            FieldSet::new(&[], Identifier(&NOTHING)),
            Kind::SPAN,
        );
        /// A placeholder of a span before its fields are known, which is never read.
        struct Undeclared;
        impl Callsite for Undeclared {
            fn set_interest(&self, _: Interest) {}

            fn metadata(&self) -> &Metadata<'_> {
                &UNDECLARED
            }
        }
        self.metadata.get().unwrap_or(&UNDECLARED)
    }
}

// === impl TakeFields ===

impl TakeFields {
    /// The request that is worked on here, if it is of this instance.
    fn current(&self) -> Option<RequestContext> {
        context::current().filter(|request| request.parts().instance_id() == self.instance)
    }
}

impl<S> Layer<S> for TakeFields
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(request) = self.current() else { return };
        attributes.record(&mut Recorder {
            fields: self.fields,
            request: &request,
        });
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(OfRequest(request));
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let kept = context.span(id).and_then(|span| {
            let extensions = span.extensions();
            extensions.get::<OfRequest>().map(|OfRequest(request)| request.clone())
        });
        let kept = kept.filter(|request| request.parts().instance_id() == self.instance);
        // A span around the layer was opened before its request had a context.
        if let Some(request) = kept.or_else(|| self.current()) {
            record.record(&mut Recorder {
                fields: self.fields,
                request: &request,
            });
        }
    }
}

// === impl HasField ===

impl HasField {
    fn takes(self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span()
            && *metadata.level() <= RequestFields::LEVEL
            && metadata.fields().iter().any(|field| self.0.has(field.name()))
    }
}

impl<S> Filter<S> for HasField {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.takes(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.takes(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(RequestFields::LEVEL)
    }
}

// === impl Recorder ===

impl Recorder<'_> {
    fn put(&self, field: &Field, value: impl Into<FieldValue>) {
        if self.fields.has(field.name()) {
            self.request.record(field.name(), value);
        }
    }

    /// Formats in place, which may run code of the application, and only what is wanted.
    fn format(&self, field: &Field, format: impl FnOnce(&mut crate::formatting::Limited<'_>)) {
        if self.fields.has(field.name()) {
            let text = with_text(MAX_TEXT, format, |text, _| text.to_owned());
            self.request.record(field.name(), text);
        }
    }
}

impl Visit for Recorder<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.format(field, |out| out.display(&value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.format(field, |out| out.display(&value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.format(field, |out| out.debug(&value));
    }
}
