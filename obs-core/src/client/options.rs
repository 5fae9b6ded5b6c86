//! The settings of a client, the same for every adapter.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use super::{ClientFinished, ClientInstrument, ClientRequest, hosts::Hosts, labels::ClientLabels};
use crate::{
    guard::Guarded,
    metrics::Convention,
    names::metric,
    pipeline::{KnownMethods, Obs, Pipeline},
    request::{CapturedHeader, HeaderReader},
};

/// Is told of every attempt that has ended.
pub(super) type ClientFinishHook = Arc<Guarded<dyn Fn(&ClientFinished<'_>) + Send + Sync>>;

/// The hosts that have series of their own, unless told otherwise.
const DEFAULT_MAX_HOSTS: usize = 100;

/// What a client does with its requests. Adapters offer each field as a setter.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a user's, independent of each other")]
pub struct ClientOptions {
    /// Where it goes; the process-wide default if none was given.
    pub(super) shared: Option<Arc<Pipeline>>,
    pub(super) namespace: String,
    pub(super) convention: Convention,
    pub(super) metrics: bool,
    pub(super) logs: bool,
    pub(super) traces: bool,
    pub(super) propagate: bool,
    pub(super) body_sizes: bool,
    pub(super) request_headers: Vec<CapturedHeader>,
    pub(super) response_headers: Vec<CapturedHeader>,
    /// Further query keys whose values are replaced.
    pub(super) redact_query: Vec<Box<str>>,
    /// As it was given; read when the first request comes.
    pub(super) base_url: Option<Box<str>>,
    pub(super) hosts: Hosts,
    pub(super) max_hosts: usize,
    /// Those that may stand in labels, if they were given.
    pub(super) known_methods: Option<KnownMethods>,
    /// Without a slash at their beginning.
    pub(super) grpc_methods: Vec<Box<str>>,
    pub(super) labels: ClientLabels,
    pub(super) on_finish: Option<ClientFinishHook>,
}

/// A client's settings and, made at the first request, its state; clones share both.
#[derive(Clone, Debug, Default)]
pub struct ClientState {
    lazy: Arc<Lazy>,
}

#[derive(Debug, Default)]
struct Lazy {
    options: ClientOptions,
    instrument: OnceLock<Arc<ClientInstrument>>,
}

// === impl ClientOptions ===

impl ClientOptions {
    /// Sets the instance.
    pub fn obs(&mut self, obs: &Obs) {
        self.shared = Some(obs.pipeline());
    }

    /// Whether an instance was set.
    pub(super) fn has_instance(&self) -> bool {
        self.shared.is_some()
    }

    /// Sets the namespace of the metrics.
    pub fn namespace(&mut self, namespace: &str) {
        namespace.clone_into(&mut self.namespace);
    }

    /// Sets the request methods that may stand in labels, in place of the usual ones.
    pub fn known_methods<N: AsRef<str>>(&mut self, methods: impl IntoIterator<Item = N>) {
        self.known_methods = Some(KnownMethods::new(methods));
    }

    /// Sets the names and labels of the metrics.
    pub fn convention(&mut self, convention: Convention) {
        self.convention = convention;
    }

    /// Switches metrics.
    pub fn metrics(&mut self, on: bool) {
        self.metrics = on;
    }

    /// Switches the log line of each attempt.
    pub fn logs(&mut self, on: bool) {
        self.logs = on;
    }

    /// Switches the client span.
    pub fn traces(&mut self, on: bool) {
        self.traces = on;
    }

    /// Whether trace context and baggage are sent along.
    pub fn propagate(&mut self, on: bool) {
        self.propagate = on;
    }

    /// Whether the sizes of bodies stand on the span.
    pub fn body_sizes(&mut self, on: bool) {
        self.body_sizes = on;
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

    /// Sets the one service that the client talks to.
    pub fn base_url(&mut self, url: &str) {
        self.base_url = Some(url.into());
    }

    /// Adds to the closed list of hosts.
    pub fn hosts<N: AsRef<str>>(&mut self, hosts: impl IntoIterator<Item = N>) {
        for host in hosts {
            self.hosts.add(host.as_ref());
        }
    }

    /// Sets how many hosts have series of their own.
    pub fn max_hosts(&mut self, max: usize) {
        self.max_hosts = max;
    }

    /// Adds gRPC methods, `package.Service/Method`.
    pub fn grpc_methods<N: AsRef<str>>(&mut self, methods: impl IntoIterator<Item = N>) {
        let name = |method: N| Box::from(method.as_ref().trim_start_matches('/'));
        self.grpc_methods.extend(methods.into_iter().map(name));
    }

    /// Adds a label with a closed list of values, and what finds the value of a request. One that can't be
    /// is left out with a warning.
    pub fn label<V: AsRef<str>>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = V>,
        value: impl Fn(&ClientRequest<'_>, &dyn HeaderReader) -> Option<&'static str> + Send + Sync + 'static,
    ) {
        let values = values.into_iter().map(|value| value.as_ref().to_owned()).collect();
        self.labels.add((name.to_owned(), values), value);
    }

    /// Sets the hook that is told of every attempt's end.
    pub fn on_finish(&mut self, hook: impl Fn(&ClientFinished<'_>) + Send + Sync + 'static) {
        self.on_finish = Some(Arc::new(Guarded::new("the on_finish hook of a client", hook)));
    }
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            shared: None,
            namespace: metric::DEFAULT_NAMESPACE.to_owned(),
            convention: Convention::default(),
            metrics: true,
            logs: false,
            traces: true,
            propagate: true,
            body_sizes: false,
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            redact_query: Vec::new(),
            base_url: None,
            hosts: Hosts::default(),
            max_hosts: DEFAULT_MAX_HOSTS,
            known_methods: None,
            grpc_methods: Vec::new(),
            labels: ClientLabels::default(),
            on_finish: None,
        }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, metrics, logs, traces, propagate, base_url, hosts, max_hosts, labels, .. } = self;
        f.debug_struct("ClientOptions")
            .field("namespace", namespace)
            .field("metrics", metrics)
            .field("logs", logs)
            .field("traces", traces)
            .field("propagate", propagate)
            .field("base_url", base_url)
            .field("hosts", hosts)
            .field("max_hosts", max_hosts)
            .field("labels", labels)
            .finish_non_exhaustive()
    }
}

// === impl ClientState ===

impl ClientState {
    /// The same settings with a change; a client that was cloned before keeps its own.
    #[must_use]
    pub fn with(self, change: impl FnOnce(&mut ClientOptions)) -> Self {
        let mut options = self.lazy.options.clone();
        change(&mut options);
        Self { lazy: Arc::new(Lazy { options, instrument: OnceLock::new() }) }
    }

    /// The state, made at the first call.
    #[must_use]
    pub fn instrument(&self) -> &Arc<ClientInstrument> {
        self.lazy.instrument.get_or_init(|| Arc::new(ClientInstrument::new(self.lazy.options.clone())))
    }
}
