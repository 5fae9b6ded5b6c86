//! A layer's state: what its settings come to.

use std::{fmt, sync::Arc};

use tracing::Span;

use super::{Options, grpc::Methods, scope::Scope};
use crate::{
    context::{Instance as _, RequestContext},
    metrics::{Convention, ServerRed},
    names::log,
    pipeline::{KnownMethods, Pipeline},
    redact::Redactor,
};

/// Everything that the requests of one layer share; made once, whatever number of clones and
/// workers.
pub struct Instrument {
    pub(super) shared: Arc<Pipeline>,
    pub(super) red: Option<ServerRed>,
    pub(super) options: Options,
    pub(super) convention: Convention,
    pub(super) grpc_methods: Methods,
    pub(super) known_methods: KnownMethods,
    /// Finds secrets in queries and headers: the names of the instance and those of the layer.
    pub(super) redactor: Redactor,
    /// What a request offers to layers within.
    pub(super) scope: Scope,
}

// === impl Instrument ===

impl Instrument {
    pub(super) fn new(options: Options) -> Self {
        let shared = options.common.instance();
        let red = options.common.red_options(&shared).map(|red_options| ServerRed::new(&shared.target, &red_options));
        let convention = options.common.convention(&shared);
        let grpc_methods = Methods::new(&options.common.grpc_methods);
        let known_methods = options.common.known_methods(&shared);
        let redactor = options.common.redactor(&shared);
        let scope = Scope::joinable(shared.tracing.id(), options.common.logs, options.common.traces);
        Self { shared, red, options, convention, grpc_methods, known_methods, redactor, scope }
    }

    /// Whether requests of this route leave no signal.
    pub(super) fn skips(&self, endpoint: Option<&str>) -> bool {
        endpoint.is_some_and(|endpoint| self.options.skip.iter().any(|path| **path == *endpoint))
    }

    /// The expectation that this request is for a page, where its span could not be taken back.
    #[inline]
    pub(super) fn expected_page(&self, method: &str, path: &str) -> Option<usize> {
        let matters = self.options.common.traces && self.shared.tracing.is_of_others();
        matters.then(|| self.shared.routes.expected.find(method, path)).flatten()
    }

    /// Whether answers of this route are streams by nature.
    pub(super) fn streams(&self, endpoint: &str) -> bool {
        self.options.streaming.iter().any(|path| **path == *endpoint)
    }

    /// Whether anybody wants to know from where a request comes and which id it was given: of
    /// [`RequestHead`](super::RequestHead), `peer` and `request_id`.
    #[inline]
    #[must_use]
    pub fn reads_origin(&self) -> bool {
        self.has_context() || self.options.privacy.has_proxies()
    }

    /// Whether requests have a context: ids, and headers to send on.
    pub(super) fn has_context(&self) -> bool {
        self.options.common.logs || self.options.common.traces
    }

    /// A `tracing` span for subscribers that live on spans. Its level is the gravest, so that a filter by
    /// level that lets any event of the request through lets its ids through as well.
    pub(super) fn open_tracing_span(context: &RequestContext, method: &str, endpoint: Option<&str>) -> Span {
        tracing::error_span!(
            target: log::REQUEST_TARGET,
            "request",
            method,
            endpoint,
            request_id = context.request_id(),
            trace_id = %context.trace_id(),
            span_id = %context.span_id(),
        )
    }

    /// Whether anything but the metrics wants to know the route's template.
    pub(super) fn tells_endpoint(&self) -> bool {
        self.has_context() || self.options.on_finish.is_some() || self.options.classify.is_some()
    }

    pub(super) fn request_headers(&self) -> &[Box<str>] {
        &self.options.common.request_headers
    }

    pub(super) fn response_headers(&self) -> &[Box<str>] {
        &self.options.common.response_headers
    }
}

impl fmt::Debug for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instrument").field("options", &self.options).finish_non_exhaustive()
    }
}
