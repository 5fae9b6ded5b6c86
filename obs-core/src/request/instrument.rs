//! The state of a layer, which is built from its settings.

use std::fmt;

use tracing::Span;
use tracing_core::LevelFilter;

use super::{HeaderReader, Options, RequestHead, common_state::CommonState, scope::Scope};
use crate::{
    context::{self, Instance as _, RequestContext},
    logs::Logs,
    metrics::ServerRed,
    names::{log, target},
    pipeline::Pipeline,
    recorder::verbosity,
};

/// The state that all requests of one layer share: metrics, settings, redaction.
///
/// For adapters, which pass it to [`Observation::start`](super::Observation::start). Built once by
/// [`LayerState::instrument`](super::LayerState::instrument), and shared by all clones and workers.
pub struct Instrument {
    pub(super) common: CommonState,
    pub(super) red: Option<ServerRed>,
    pub(super) options: Options,
    /// The scope of a request, which nested layers read.
    pub(super) scope: Scope,
    /// The header of request ids, if the application has chosen one.
    pub(super) request_id_header: Option<&'static str>,
    /// Up to which level lines are held, as [`verbosity`].
    pub(super) holds: u8,
    /// Whether any request is left out.
    may_skip: bool,
}

// === impl Instrument ===

impl Instrument {
    pub(super) fn new(options: Options) -> Self {
        let common = CommonState::new(&options.common);
        let pipeline = &common.pipeline;
        let red = options
            .common
            .red_options(pipeline)
            .map(|red_options| ServerRed::new(&pipeline.target, &red_options));
        let scope = Scope::joinable(pipeline.tracing.id(), options.common.logs, options.common.traces);
        let may_skip = !options.skip.is_empty();
        let holds = held_lines(&options, pipeline);
        let request_id_header = pipeline.tracing.propagators().request_id();
        Self {
            common,
            red,
            options,
            scope,
            request_id_header,
            holds,
            may_skip,
        }
    }

    /// Whether this request, under this endpoint, is left out of all signals.
    #[inline]
    pub(super) fn skips<'a>(
        &self,
        head: &RequestHead<'a>,
        endpoint: Option<&'a str>,
        headers: &dyn HeaderReader,
    ) -> bool {
        self.may_skip && self.skips_as(RequestHead { endpoint, ..*head }, headers)
    }

    #[inline(never)]
    fn skips_as(&self, head: RequestHead<'_>, headers: &dyn HeaderReader) -> bool {
        self.options.skip.takes(&head, headers)
    }

    /// The index of the expectation that this request is for a page. Only with a provider of the application, whose
    /// spans can't be discarded once they have started.
    #[inline]
    pub(super) fn expected_page(&self, method: &str, path: &str) -> Option<usize> {
        let matters = self.options.common.traces && self.common.pipeline.tracing.is_of_others();
        matters
            .then(|| self.common.pipeline.routes.expected.find(method, path))
            .flatten()
    }

    /// Sets the layer's constant fields on the request.
    #[inline]
    pub(super) fn record_fields(&self, request: &RequestContext) {
        for (key, value) in &self.options.fields {
            request.record(key.clone(), value.clone());
        }
    }

    /// Whether responses of this route are streams without a natural end.
    pub(super) fn streams(&self, endpoint: &str) -> bool {
        self.options.streaming.iter().any(|path| **path == *endpoint)
    }

    /// Whether the adapter has to fill in `peer` and `request_id` of [`RequestHead`](super::RequestHead).
    ///
    /// Not necessary if logs and traces are off and no proxies are trusted.
    #[inline]
    #[must_use]
    pub fn reads_origin(&self) -> bool {
        self.has_context() || self.options.privacy.has_proxies()
    }

    /// Whether requests have a context, with ids and propagated headers.
    pub(super) fn has_context(&self) -> bool {
        self.options.common.logs || self.options.common.traces
    }

    /// A `tracing` span around the request, if one is wanted: by subscribers that read ids from spans, or for fields
    /// that handlers record on it. Its level is `ERROR`, so that each filter by level that accepts an event of the
    /// request also accepts the span.
    #[inline]
    pub(super) fn open_tracing_span(
        &self,
        request: &RequestContext,
        method: &str,
        endpoint: Option<&str>,
    ) -> Option<Span> {
        if let Some(fields) = self.common.pipeline.tracing.request_fields() {
            let _entered = context::enter(Some(request.clone()));
            return Some(fields.open_span(request, method, endpoint));
        }
        self.options.tracing_span.then(|| {
            tracing::error_span!(
                target: log::REQUEST_TARGET,
                "request",
                method,
                endpoint,
                request_id = request.request_id(),
                trace_id = %request.trace_id(),
                span_id = %request.span_id(),
            )
        })
    }

    /// Whether anything but the metrics needs the route template.
    pub(super) fn needs_endpoint(&self) -> bool {
        self.has_context() || self.options.on_finish.is_some() || self.options.classify.is_some()
    }

    pub(super) fn request_headers(&self) -> &[Box<str>] {
        &self.options.common.request_headers
    }

    pub(super) fn response_headers(&self) -> &[Box<str>] {
        &self.options.common.response_headers
    }
}

/// Up to which level the lines of a layer's requests are held. Warns if that is more than the instance holds.
fn held_lines(options: &Options, pipeline: &Pipeline) -> u8 {
    let Some(wanted) = options.held_lines else {
        return verbosity(LevelFilter::TRACE);
    };
    let held = pipeline.logs.as_ref().map_or(LevelFilter::OFF, Logs::held_level);
    if wanted > held {
        tracing::warn!(
            target: target::OBS,
            wanted = %wanted,
            held = %held,
            "lines_of_failures of a layer has the level of the instance, which is less: set ObsBuilder::lines_of_failures"
        );
    }
    verbosity(wanted)
}

impl fmt::Debug for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instrument")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
