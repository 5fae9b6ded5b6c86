//! `tracing` spans in the flight recorder, in requests and jobs whose spans are not exported.

use std::{cell::RefCell, fmt};

use opentelemetry::{KeyValue, trace::SpanKind};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, Filter},
    registry::LookupSpan,
};

use super::{
    gate::is_request_span,
    recorded_span::{RecordedSpan, RunningSpan},
    span_filter::SpanFilter,
};
use crate::{
    context::{self, Ownership, RequestContext},
    formatting::{Copies, floor_char_boundary, with_text},
    recorder::ActiveSpan,
};

/// The longest text of a field that is copied, in bytes: more than a record has, so that no secret is cut in two.
const MAX_TEXT: usize = 2 * 1_024;

thread_local! {
    /// The spans that this thread has entered, with the one that was active before.
    static ENTERED: RefCell<Vec<(Id, ActiveSpan)>> = const { RefCell::new(Vec::new()) };
}

/// Records spans of requests that are not exported.
pub(super) struct RecordedLayer;

/// Which spans are recorded so.
#[derive(Clone, Debug)]
pub(super) struct RecordedFilter {
    pub(super) filter: SpanFilter,
    pub(super) ownership: Ownership,
    /// Whether spans of sampled requests are exported, and recorded with their export.
    pub(super) exports: bool,
}

/// Hands fields to a span as attributes, their texts bounded; a panic of the application's code in them is caught.
struct Fields<F>(F);

// === impl RecordedFilter ===

impl RecordedFilter {
    fn may_take(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && self.filter.takes(metadata) && !is_request_span(metadata)
    }

    /// Whether spans in this request are in the flight recorder alone.
    fn is_alone(&self, request: &RequestContext) -> bool {
        let parts = request.parts();
        let is_exported = self.exports && parts.records_spans && request.is_sampled();
        parts.entry().is_some() && !is_exported
    }
}

impl<S> Filter<S> for RecordedFilter {
    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.may_take(metadata)
            && context::with_current(|request| self.is_alone(request)) == Some(true)
            && self.ownership.owns_here()
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.may_take(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.filter.max())
    }
}

// === impl RecordedLayer ===

impl<S> Layer<S> for RecordedLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let recorded = context::with_current(RecordedSpan::in_request).flatten();
        let Some(mut recorded) = recorded else { return };
        recorded.set_name(span.name());
        attributes.record(&mut Fields(|attribute| match kind_in(&attribute) {
            Some(kind) => recorded.set_kind(&kind),
            None => recorded.add_attribute(attribute),
        }));
        if let Some(running) = recorded.start() {
            span.extensions_mut().replace(running);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if span.extensions().get::<RunningSpan>().is_none() {
            return;
        }
        // The copies first: a `Debug` impl may log within this very span.
        Copies::with_record(record, span.metadata(), MAX_TEXT, |copy| {
            let extensions = span.extensions();
            if let Some(running) = extensions.get::<RunningSpan>() {
                copy.record(&mut Fields(|attribute| running.set_attribute(attribute)));
            }
        });
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let Some(active) = span.extensions().get::<RunningSpan>().map(RunningSpan::active) else {
            return;
        };
        let before = active.replace();
        let _ = ENTERED.try_with(|entered| entered.borrow_mut().push((id.clone(), before)));
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        let _ = ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            let Some(index) = entered.iter().rposition(|(known, _)| known == id) else {
                return;
            };
            let (_, before) = entered.remove(index);
            // Spans may be left in any order: the one that was entered next goes back to what was before.
            match entered.get_mut(index) {
                Some((_, later)) => *later = before,
                None => drop(before.replace()),
            }
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let running = context
            .span(&id)
            .and_then(|span| span.extensions_mut().remove::<RunningSpan>());
        if let Some(running) = running {
            running.end();
        }
    }
}

impl fmt::Debug for RecordedLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordedLayer")
    }
}

/// The kind that a field sets, as for tracing-opentelemetry.
fn kind_in(attribute: &KeyValue) -> Option<SpanKind> {
    if attribute.key.as_str() != "otel.kind" {
        return None;
    }
    let name = attribute.value.as_str();
    Some(crate::recorder::kind_of(&name.to_ascii_lowercase()))
}

// === impl Fields ===

impl<F: FnMut(KeyValue)> Fields<F> {
    fn add(&mut self, field: &Field, value: impl Into<opentelemetry::Value>) {
        (self.0)(KeyValue::new(field.name(), value));
    }
}

impl<F: FnMut(KeyValue)> Visit for Fields<F> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.add(field, value),
            Err(_) => self.add(field, value.to_string()),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value[..floor_char_boundary(value, MAX_TEXT)].to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = with_text(MAX_TEXT, |out| out.debug(value), |text, _| text.to_owned());
        self.add(field, text);
    }
}
