//! The settings of a layer, the same for every adapter.

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
};

use super::{
    ArcOrStatic, ClientAddress, Finished, ForwardedHeaders, Head, Instrument, Network, labels::OwnLabels,
    privacy::Privacy,
};
use crate::{
    clock,
    guard::Guarded,
    metrics::Convention,
    names::metric,
    pipeline::{self, KnownMethods, Obs, Pipeline, Routes},
};

/// Names the error type of a failed answer.
pub(super) type Classifier = Arc<Guarded<dyn Fn(&Head<'_>) -> Option<&'static str> + Send + Sync>>;
/// Is told of every request that has ended.
pub(super) type FinishHook = Arc<Guarded<dyn Fn(&Finished<'_>) + Send + Sync>>;

/// What a layer does with a request. Adapters offer each field as a setter.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that users set by its name")]
pub struct Options {
    /// Where it goes; the process-wide default if none was given.
    pub(super) shared: Option<Arc<Pipeline>>,
    pub(super) namespace: String,
    pub(super) convention: Convention,
    pub(super) labels: OwnLabels,
    pub(super) metrics: bool,
    pub(super) logs: bool,
    pub(super) traces: bool,
    pub(super) trust_incoming: bool,
    pub(super) tracing_span: bool,
    pub(super) warn_client_errors: bool,
    pub(super) server_timing: bool,
    pub(super) trace_response: bool,
    /// Route templates without any signal.
    pub(super) skip: Vec<Box<str>>,
    /// Route templates whose answers are streams by nature.
    pub(super) streaming: Vec<Box<str>>,
    pub(super) request_headers: Vec<CapturedHeader>,
    pub(super) response_headers: Vec<CapturedHeader>,
    /// Further query keys whose values are replaced.
    pub(super) redact_query: Vec<Box<str>>,
    pub(super) privacy: Privacy,
    /// Keys of the caller's baggage that become fields.
    pub(super) baggage_fields: Vec<Box<str>>,
    /// Those that may stand in labels, if they were given.
    pub(super) known_methods: Option<KnownMethods>,
    /// `package.Service/Method`; learnt if there are none.
    pub(super) grpc_methods: Vec<Box<str>>,
    pub(super) classify: Option<Classifier>,
    pub(super) on_finish: Option<FinishHook>,
    /// Functions of the user's over types of the adapter's, which only the adapter knows.
    hooks: Option<Arc<dyn Any + Send + Sync>>,
}

/// A header that goes to the span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CapturedHeader {
    /// Lower-case name.
    pub(super) name: Box<str>,
}

/// A layer's settings and, made at the first request, its state; clones share both.
#[derive(Clone, Debug, Default)]
pub struct LayerState {
    lazy: LazyRef,
}

/// Counted by reference, or there until the process ends.
#[derive(Clone, Debug)]
enum LazyRef {
    Counted(Arc<Lazy>),
    Forever(&'static Arc<Lazy>),
}

#[derive(Debug, Default)]
struct Lazy {
    options: Options,
    instrument: OnceLock<ArcOrStatic<Instrument>>,
    /// Itself, once it is not counted any more.
    forever: OnceLock<&'static Arc<Self>>,
}

// === impl Options ===

impl Options {
    /// Records into this instance instead of the process-wide default.
    pub fn obs(&mut self, obs: &Obs) {
        self.shared = Some(obs.pipeline());
    }

    /// Sets the namespace of the metrics.
    pub fn namespace(&mut self, namespace: &str) {
        namespace.clone_into(&mut self.namespace);
    }

    /// Sets the names and labels of the metrics.
    pub fn convention(&mut self, convention: Convention) {
        self.convention = convention;
    }

    /// Adds a label with a closed list of values, and tells whether it was taken. The adapter finds
    /// the values of a request and puts them into [`RequestHead::labels`](super::RequestHead::labels)
    /// in the order in which labels were taken; others are left out with a warning.
    pub fn label<V: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = V>) -> bool {
        self.labels.add((name.to_owned(), values.into_iter().map(|value| value.as_ref().to_owned()).collect()))
    }

    /// Changes what the adapter keeps with the settings: functions of the user's over its own types.
    pub fn edit_hooks<T: Clone + Default + Send + Sync + 'static>(&mut self, change: impl FnOnce(&mut T)) {
        let mut hooks: T = hooks_of(self).cloned().unwrap_or_default();
        change(&mut hooks);
        self.hooks = Some(Arc::new(hooks));
    }

    /// Switches metrics.
    pub fn metrics(&mut self, on: bool) {
        self.metrics = on;
    }

    /// Switches the canonical line.
    pub fn logs(&mut self, on: bool) {
        self.logs = on;
    }

    /// Switches the server span.
    pub fn traces(&mut self, on: bool) {
        self.traces = on;
    }

    /// Whether the caller's trace is continued.
    pub fn trust_incoming(&mut self, trusted: bool) {
        self.trust_incoming = trusted;
    }

    /// Whether a `tracing` span is opened for each request.
    pub fn tracing_span(&mut self, on: bool) {
        self.tracing_span = on;
    }

    /// Whether a 4xx answer's line has level `warn`.
    pub fn warn_client_errors(&mut self, on: bool) {
        self.warn_client_errors = on;
    }

    /// Switches the `Server-Timing` header of answers.
    pub fn server_timing(&mut self, on: bool) {
        self.server_timing = on;
    }

    /// Switches the `traceresponse` header of answers.
    pub fn trace_response(&mut self, on: bool) {
        self.trace_response = on;
    }

    /// Leaves a route out of logs, traces and metrics.
    pub fn skip(&mut self, path: &str) {
        self.skip.push(path.into());
    }

    /// Marks a route's answers as streams by nature.
    pub fn streaming(&mut self, path: &str) {
        self.streaming.push(path.into());
    }

    /// Adds request headers to the span.
    pub fn capture_request_headers<N: AsRef<str>>(&mut self, names: impl IntoIterator<Item = N>) {
        self.request_headers.extend(names.into_iter().map(|name| CapturedHeader::new(name.as_ref())));
    }

    /// Adds response headers to the span.
    pub fn capture_response_headers<N: AsRef<str>>(&mut self, names: impl IntoIterator<Item = N>) {
        self.response_headers.extend(names.into_iter().map(|name| CapturedHeader::new(name.as_ref())));
    }

    /// Adds query keys whose values are replaced.
    pub fn redact_query<N: AsRef<str>>(&mut self, keys: impl IntoIterator<Item = N>) {
        self.redact_query.extend(keys.into_iter().map(|key| Box::from(key.as_ref())));
    }

    /// How the client's address is recorded.
    pub fn client_address(&mut self, recorded: ClientAddress) {
        self.privacy.client_address = recorded;
    }

    /// Whether the user agent is recorded.
    pub fn user_agent(&mut self, on: bool) {
        self.privacy.user_agent = on;
    }

    /// Adds proxies that are believed about the client.
    pub fn trusted_proxies(&mut self, networks: impl IntoIterator<Item = Network>) {
        self.privacy.proxies.extend(networks);
    }

    /// Sets the headers in which proxies tell of the client.
    pub fn forwarded_headers(&mut self, headers: ForwardedHeaders) {
        self.privacy.forwarded = headers;
    }

    /// Adds keys of the caller's baggage that become fields of the request's context.
    pub fn baggage_fields<N: AsRef<str>>(&mut self, keys: impl IntoIterator<Item = N>) {
        self.baggage_fields.extend(keys.into_iter().map(|key| Box::from(key.as_ref())));
    }

    /// Sets the request methods that may stand in labels, in place of the usual ones.
    pub fn known_methods<N: AsRef<str>>(&mut self, methods: impl IntoIterator<Item = N>) {
        self.known_methods = Some(KnownMethods::new(methods));
    }

    /// Adds gRPC methods, `package.Service/Method`, that calls are recorded under.
    pub fn grpc_methods<N: AsRef<str>>(&mut self, methods: impl IntoIterator<Item = N>) {
        let name = |method: N| Box::from(method.as_ref().trim_start_matches('/'));
        self.grpc_methods.extend(methods.into_iter().map(name));
    }

    /// Sets the classifier of server errors.
    pub fn classify(&mut self, classify: impl Fn(&Head<'_>) -> Option<&'static str> + Send + Sync + 'static) {
        self.classify = Some(Arc::new(Guarded::new("the classify function of a layer", classify)));
    }

    /// Sets the hook that is told of every request's end.
    pub fn on_finish(&mut self, hook: impl Fn(&Finished<'_>) + Send + Sync + 'static) {
        self.on_finish = Some(Arc::new(Guarded::new("the on_finish hook of a layer", hook)));
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            shared: None,
            namespace: metric::DEFAULT_NAMESPACE.to_owned(),
            convention: Convention::default(),
            labels: OwnLabels::default(),
            metrics: true,
            logs: true,
            traces: true,
            trust_incoming: true,
            tracing_span: false,
            warn_client_errors: false,
            server_timing: false,
            trace_response: false,
            skip: Vec::new(),
            streaming: Vec::new(),
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            redact_query: Vec::new(),
            privacy: Privacy::default(),
            baggage_fields: Vec::new(),
            known_methods: None,
            grpc_methods: Vec::new(),
            classify: None,
            on_finish: None,
            hooks: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, convention, labels, metrics, logs, traces, trust_incoming, skip, streaming, .. } = self;
        f.debug_struct("Options")
            .field("namespace", namespace)
            .field("convention", convention)
            .field("labels", labels)
            .field("metrics", metrics)
            .field("logs", logs)
            .field("traces", traces)
            .field("trust_incoming", trust_incoming)
            .field("skip", skip)
            .field("streaming", streaming)
            .finish_non_exhaustive()
    }
}

fn hooks_of<T: 'static>(options: &Options) -> Option<&T> {
    options.hooks.as_deref()?.downcast_ref()
}

// === impl CapturedHeader ===

impl CapturedHeader {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_ascii_lowercase().into() }
    }
}

// === impl LayerState ===

impl LayerState {
    /// The same settings with a change; a layer that was cloned before keeps its own.
    #[must_use]
    pub fn with(self, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = self.lazy.options.clone();
        change(&mut options);
        Self { lazy: LazyRef::Counted(Arc::new(Lazy { options, ..Lazy::default() })) }
    }

    /// To be called when the layer is added to a service: pages of the same instance then know it.
    pub fn announce(&self) {
        let routes = match &self.lazy.options.shared {
            Some(pipeline) => &pipeline.routes,
            None => pipeline::default_routes(),
        };
        routes.set_layer(self.lazy.counted());
    }

    /// The layer that was [announced](Self::announce) last, if it is still in use.
    pub(crate) fn last_of(routes: &Routes) -> Option<Self> {
        routes.layer().map(|lazy| Self { lazy: LazyRef::Counted(lazy) })
    }

    /// The state for a service that the layer is added to. That of the process-wide default stays until
    /// the process ends, so that clones of the service, of which some routers make one for each request,
    /// need not be counted.
    #[must_use]
    pub fn for_service(&self) -> Self {
        clock::prepare();
        match &self.lazy.options.shared {
            Some(_) => self.clone(),
            None => Self { lazy: self.lazy.forever() },
        }
    }

    /// What the adapter keeps with the settings, see [`Options::edit_hooks`].
    #[inline]
    #[must_use]
    pub fn hooks<T: 'static>(&self) -> Option<&T> {
        hooks_of(&self.lazy.options)
    }

    /// The state, made at the first call.
    #[must_use]
    pub fn instrument(&self) -> &ArcOrStatic<Instrument> {
        let Lazy { options, instrument, forever: _ } = &*self.lazy;
        instrument.get_or_init(|| {
            let is_default = options.shared.is_none();
            let instrument = Instrument::new(options.clone());
            if is_default { ArcOrStatic::forever(instrument) } else { ArcOrStatic::counted(instrument) }
        })
    }
}

// === impl LazyRef ===

impl LazyRef {
    fn counted(&self) -> &Arc<Lazy> {
        match self {
            Self::Counted(lazy) => lazy,
            Self::Forever(lazy) => lazy,
        }
    }

    fn forever(&self) -> Self {
        let lazy = self.counted();
        Self::Forever(lazy.forever.get_or_init(|| Box::leak(Box::new(Arc::clone(lazy)))))
    }
}

impl Default for LazyRef {
    fn default() -> Self {
        Self::Counted(Arc::default())
    }
}

impl std::ops::Deref for LazyRef {
    type Target = Lazy;

    #[inline]
    fn deref(&self) -> &Lazy {
        self.counted()
    }
}
