//! The `tracing` layers.

use std::{io, sync::Arc, time::Duration};

use metrics::NoopRecorder;
use obs_base::{InitError, ServiceInfo};
use tracing_core::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use super::{
    constants::ConstantSettings,
    encoder::Encoder,
    fields::Fields,
    format::Style,
    line_feed::LineFeed,
    output::{Counters, Output},
    recorded_lines::RecordedLines,
    scratch,
    span_fields::SpanFields,
    writer::Writer,
};
use crate::{context::Ownership, trace::is_request_span};

/// Turns events into lines, in whatever style.
#[derive(Clone, Debug)]
pub(super) struct LogLayer {
    output: Arc<Output>,
    /// Which events belong to the instance; all, if this is none's.
    ownership: Option<Ownership>,
}

/// A [`Layer`] that writes each event as one line of JSON.
///
/// [`Obs::subscriber_layer`](crate::Obs::subscriber_layer) contains one; this type is for
/// subscribers that are put together by hand. It takes any place among other layers, with or
/// without a filter of its own. The ids and fields of the [request context](crate::context) are
/// on every line.
///
/// Lines go through a bounded buffer to a thread that writes them within 200 ms. Clones share
/// both; keep one to [`flush`](Self::flush) before the process ends.
///
/// ```
/// use std::time::Duration;
/// use obs_core::logs::JsonLayer;
/// use tracing_subscriber::{filter::LevelFilter, prelude::*};
///
/// # fn main() -> Result<(), obs_core::InitError> {
/// let logs = JsonLayer::new("payment-service", std::io::stdout())?;
/// let subscriber = tracing_subscriber::registry().with(logs.clone().with_filter(LevelFilter::INFO));
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info!(amount_cents = 1999, "card charged");
/// });
/// logs.flush(Duration::from_secs(1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct JsonLayer {
    inner: LogLayer,
}

// === impl LogLayer ===

impl LogLayer {
    pub(super) fn new(output: Arc<Output>, ownership: Option<Ownership>) -> Self {
        Self { output, ownership }
    }

    /// Keeps fields with their span, for each format of lines.
    fn keep_fields<S>(&self, span: &SpanRef<'_, S>, encode: impl Fn(&Encoder, &mut Fields))
    where
        S: for<'a> LookupSpan<'a>,
    {
        for (encoder, layer) in self.output.encoders() {
            scratch::with(|scratch| {
                // Formats first and locks the span then: a `Debug` impl may log within this very span.
                encode(encoder, &mut scratch.fields);
                if scratch.fields.is_empty() {
                    return;
                }
                let mut extensions = span.extensions_mut();
                match extensions.get_mut::<SpanFields>() {
                    Some(known) => known.update(layer, &scratch.fields),
                    None => extensions.insert(SpanFields::new(layer, scratch.fields.to_exact())),
                }
            });
        }
    }
}

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if is_request_span(attributes.metadata()) {
            return;
        }
        let Some(span) = context.span(id) else { return };
        self.keep_fields(&span, |encoder, fields| encoder.encode_span(fields, attributes));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id).filter(|span| !is_request_span(span.metadata())) {
            self.keep_fields(&span, |encoder, fields| encoder.encode_record(fields, record));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        // Not by the filter: what it has decided is lost if another layer logs while it gets this event.
        if self.ownership.as_ref().is_some_and(|ownership| !ownership.owns_here()) {
            return;
        }
        scratch::with(|scratch| {
            let level = self
                .output
                .encoder
                .encode_event(scratch, event, &context, (self.output.id, false));
            self.output.deliver(level, &scratch.line);
            if self.ownership.is_some() {
                self.output.recorded.add(scratch, event, &context, (level, false));
            }
        });
    }
}

// === impl JsonLayer ===

impl JsonLayer {
    /// A layer that writes lines of `service` to `writer`.
    ///
    /// `writer` is given whole lines and flushed after them; it is called by one thread, which it
    /// may block: at most 4 MiB of lines wait meanwhile, newer ones are dropped.
    ///
    /// # Errors
    ///
    /// When the service has no name, `writer` fails at once, or the thread can't be started.
    pub fn new(service: impl Into<String>, writer: impl io::Write + Send + 'static) -> Result<Self, InitError> {
        let service = ServiceInfo {
            name: service.into(),
            ..ServiceInfo::default()
        };
        if service.name.is_empty() {
            return Err(InitError::invalid("service", "", "a name such as \"payment-service\""));
        }
        let counters = Counters::register(&NoopRecorder);
        let writer = Writer::start(Box::new(writer), counters.dropped.clone())?;
        let output = Output::new(
            Encoder::new(
                Style::Json,
                &service,
                Arc::default(),
                &ConstantSettings::default(),
                None,
            ),
            writer,
            counters,
            RecordedLines::new(None, LineFeed::default()),
        );
        Ok(Self {
            inner: LogLayer::new(Arc::new(output), None),
        })
    }

    /// Waits until all lines so far have been written and flushed.
    ///
    /// `false` if that takes longer than `timeout` or the writer fails.
    #[must_use = "lines are lost when the process ends before they are written"]
    pub fn flush(&self, timeout: Duration) -> bool {
        self.inner.output.writer.flush(timeout)
    }
}

impl<S> Layer<S> for JsonLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.inner.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        self.inner.on_record(id, record, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        self.inner.on_event(event, context);
    }
}
