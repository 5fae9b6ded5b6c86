//! Finished spans of an SDK provider, kept in memory.

use std::time::Duration;

use opentelemetry::{Context, Value};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanProcessor},
};

use crate::watched::Watched;

pub use opentelemetry_sdk::trace::SdkTracerProvider;

/// Collects the spans that end; clones share them.
///
/// ```
/// use obs_tests::spans::{SpanBuffer, value};
/// use opentelemetry::trace::{Span, Tracer, TracerProvider};
///
/// let spans = SpanBuffer::new();
/// let provider = spans.provider();
/// let mut span = provider.tracer("doc").start("work");
/// span.set_attribute(opentelemetry::KeyValue::new("items", 3));
/// span.end();
/// let ended = spans.ended();
/// assert_eq!(value(&ended[0], "items"), Some(&3.into()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct SpanBuffer {
    ended: Watched<SpanData>,
}

// === impl SpanBuffer ===

impl SpanBuffer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A provider that hands its spans to this buffer as they end, with the SDK's own sampler
    /// (parent-based, else always on) and id generator.
    #[must_use]
    pub fn provider(&self) -> SdkTracerProvider {
        SdkTracerProvider::builder().with_span_processor(self.clone()).build()
    }

    /// The spans that have ended, in that order.
    #[must_use]
    pub fn ended(&self) -> Vec<SpanData> {
        self.ended.snapshot()
    }

    /// Waits until `condition` holds for the ended spans and returns them; panics with the spans
    /// when it doesn't `within` that time.
    #[track_caller]
    pub fn wait_for(&self, within: Duration, condition: impl FnMut(&[SpanData]) -> bool) -> Vec<SpanData> {
        self.ended.wait_for(within, condition)
    }

    /// Forgets the spans so far.
    pub fn clear(&self) {
        self.ended.clear();
    }
}

impl SpanProcessor for SpanBuffer {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.ended.push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The attribute `key` of `span`; panics when the span has it more than once.
#[must_use]
#[track_caller]
pub fn value<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    let mut found = span.attributes.iter().filter(|attribute| attribute.key.as_str() == key);
    let first = found.next();
    assert!(found.next().is_none(), "{key} comes twice in {span:#?}");
    first.map(|attribute| &attribute.value)
}
