//! What happens to a span when it ends.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use obs_base::InitError;
use obs_otlp::{Exporter, ExporterConfig, HeapSize, start_spans};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::{
    error::{OTelSdkError, OTelSdkResult},
    trace::{Span, SpanData, SpanProcessor},
};

use super::{
    config::TracingConfig,
    discarded, exported_span,
    limited_span::{take_ending, take_has_unique_keys},
    request_span::EndedRequest,
    rules::Rules,
};
use crate::{arc_or_static::ArcOrStatic, guard::Guarded};

/// How long the SDK's own `force_flush` waits: the default of the standard for an export.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(30);

/// A reader of finished spans, besides the exporter: a live page, a test. Set by
/// [`ObsBuilder::span_reader`](crate::ObsBuilder::span_reader).
///
/// It is called on the thread that ends the span, often within a request: it must be
/// quick and must not block. It is not called for spans that it ends itself. If it panics, the
/// span is still exported.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use obs_core::{Obs, context, otel::opentelemetry_sdk::trace::SpanData, trace::{self, SpanReader}};
///
/// #[derive(Clone, Debug, Default)]
/// struct Names(Arc<Mutex<Vec<String>>>);
/// impl SpanReader for Names {
///     fn read(&self, span: &SpanData) {
///         self.0.lock().unwrap().push(span.name.to_string());
///     }
/// }
///
/// let names = Names::default();
/// let obs = Obs::builder("shop").log_writer(std::io::sink()).span_reader(names.clone()).build()?;
/// obs.make_default()?;
/// context::run_new(|| trace::in_span_blocking("load cart", || 3));
/// assert_eq!(*names.0.lock().unwrap(), ["load cart"]);
/// # Ok::<(), obs_core::InitError>(())
/// ```
pub trait SpanReader: Send + Sync + fmt::Debug {
    /// Reads a span that was sampled and has ended, with redacted attributes.
    fn read(&self, span: &SpanData);
}

/// The way of finished spans: past the readers, into the exporter's queue.
#[derive(Clone, Debug)]
pub(super) struct Pipeline(ArcOrStatic<Inner>);

#[derive(Debug)]
struct Inner {
    rules: Arc<Rules>,
    /// That of our own tracer.
    scope: InstrumentationScope,
    readers: Vec<Box<Guarded<dyn SpanReader>>>,
    exporter: Option<Exporter<EndedSpan>>,
    closed: AtomicBool,
}

/// A span that has ended, as it waits in the exporter's queue.
#[derive(Debug)]
enum EndedSpan {
    Complete(SpanData),
    /// Completed on the export thread.
    Request(EndedRequest),
}

// === impl EndedSpan ===

impl EndedSpan {
    fn complete(self, rules: &Rules, scope: &InstrumentationScope) -> SpanData {
        match self {
            Self::Complete(span) => span,
            Self::Request(request) => request.complete(rules, scope),
        }
    }
}

impl HeapSize for EndedSpan {
    fn heap_size(&self) -> usize {
        match self {
            Self::Complete(span) => span.heap_size(),
            Self::Request(request) => request.heap_size(),
        }
    }
}

// === impl Pipeline ===

impl Pipeline {
    /// `None` without an exporter and readers.
    pub(super) fn start(
        config: &TracingConfig<'_>,
        rules: Arc<Rules>,
        scope: InstrumentationScope,
        readers: Vec<Box<Guarded<dyn SpanReader>>>,
    ) -> Result<Option<Self>, InitError> {
        let export = ExporterConfig {
            service: &config.service,
            budget: &config.budget,
            code: config.export_settings(),
            env: config.env,
            recorder: &*config.recorder,
        };
        let (of_exporter, scope_of_exporter) = (Arc::clone(&rules), scope.clone());
        let exporter = start_spans(&export, move |ended: EndedSpan| {
            ended.complete(&of_exporter, &scope_of_exporter)
        })?;
        if exporter.is_none() && readers.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self(ArcOrStatic::counted(Inner {
            rules,
            scope,
            readers,
            exporter,
            closed: AtomicBool::new(false),
        }))))
    }

    /// The handle that lives until the process ends, whose clones count no references.
    pub(super) fn forever(&self) -> Self {
        let leaked: &'static Self = Box::leak(Box::new(self.clone()));
        Self(ArcOrStatic::from(&*leaked.0))
    }

    #[inline]
    pub(super) fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// Takes the span of a request that has ended. It is completed here only for readers.
    pub(super) fn end(&self, request: EndedRequest) {
        let Inner {
            rules, scope, readers, ..
        } = &*self.0;
        if discarded::is_dropped() {
            return;
        }
        if readers.is_empty() {
            self.push(EndedSpan::Request(request));
        } else {
            self.read_and_push(request.complete(rules, scope));
        }
    }

    /// Takes a span that was in the flight recorder alone.
    pub(super) fn end_recorded(&self, mut span: SpanData) {
        span.instrumentation_scope = self.0.scope.clone();
        self.0.rules.complete(&mut span, false, true);
        self.read_and_push(span);
    }

    fn read_and_push(&self, span: SpanData) {
        for reader in &self.0.readers {
            let _ = reader.call(|reader| reader.read(&span));
        }
        self.push(EndedSpan::Complete(span));
    }

    #[inline]
    fn push(&self, span: EndedSpan) {
        if let Some(exporter) = &self.0.exporter {
            exporter.push(span);
        }
    }

    /// False if the exporter did not get everything out within `timeout`.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        self.0.exporter.as_ref().is_none_or(|exporter| exporter.flush(timeout))
    }

    /// Sends what has ended and takes nothing more; false as for [`flush`](Self::flush).
    pub(super) fn shutdown(&self, timeout: Duration) -> bool {
        self.0.closed.store(true, Ordering::Relaxed);
        self.0
            .exporter
            .as_ref()
            .is_none_or(|exporter| exporter.shutdown(timeout))
    }

    /// Whether a span that starts now would come too late.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Relaxed)
    }
}

impl SpanProcessor for Pipeline {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, mut span: SpanData) {
        let (ending, has_unique_keys) = (take_ending(), take_has_unique_keys());
        if !span.span_context.is_sampled() || discarded::is_dropped() {
            return;
        }
        self.0.rules.finish(&mut span, ending, has_unique_keys);
        exported_span::take(&span);
        self.read_and_push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        if self.flush(FLUSH_TIMEOUT) {
            Ok(())
        } else {
            Err(OTelSdkError::Timeout(FLUSH_TIMEOUT))
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if self.shutdown(timeout) {
            Ok(())
        } else {
            Err(OTelSdkError::Timeout(timeout))
        }
    }
}
