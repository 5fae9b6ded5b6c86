//! The setters that every adapter's client layer has, written once.

/// Implements the common setters for a client layer whose field `state` is a
/// [`ClientState`](crate::client::ClientState). What stands in brackets are the layer's type
/// parameters.
#[doc(hidden)]
#[macro_export]
macro_rules! client_setters {
    ($layer:ident $(<$param:ident>)?) => {
        impl $(<$param>)? $layer $(<$param>)? {
            /// Records into this instance, spans included. Defaults to the process-wide one that
            /// `ObsBuilder::init` made, with spans going to the instance of the current request;
            /// without either, to a default registry, with no spans.
            #[must_use]
            pub fn obs(self, obs: &$crate::Obs) -> Self {
                self.with(|options| options.obs(obs))
            }

            /// The word before the names of the metrics: `payment` gives
            /// `payment_client_requests_total`, an empty one `client_requests_total`. Defaults to
            /// `http`.
            #[must_use]
            pub fn namespace(self, namespace: impl AsRef<str>) -> Self {
                self.with(|options| options.namespace(namespace.as_ref()))
            }

            /// What the metrics and their labels are called. Defaults to
            /// [`Convention::Prometheus`](obs_core::metrics::Convention::Prometheus).
            #[must_use]
            pub fn convention(self, convention: $crate::metrics::Convention) -> Self {
                self.with(|options| options.convention(convention))
            }

            /// Switches the RED metrics. Defaults to on.
            #[must_use]
            pub fn metrics(self, on: bool) -> Self {
                self.with(|options| options.metrics(on))
            }

            /// Switches a log line for each attempt, target `obs::client`: `warn` for errors, else
            /// `info`. Defaults to off: a request that makes ten calls would write eleven lines.
            #[must_use]
            pub fn logs(self, on: bool) -> Self {
                self.with(|options| options.logs(on))
            }

            /// Switches the client span of each attempt; without it the other service becomes a
            /// child of the span around the call. Defaults to on.
            #[must_use]
            pub fn traces(self, on: bool) -> Self {
                self.with(|options| options.traces(on))
            }

            /// Whether `traceparent`, `tracestate` and `baggage` are sent. Say `false` for services
            /// of others, which have no business with your ids. Defaults to `true`.
            #[must_use]
            pub fn propagate(self, on: bool) -> Self {
                self.with(|options| options.propagate(on))
            }

            /// Puts the sizes of bodies on the span, where they are known at the head:
            /// `http.request.body.size` and `http.response.body.size`, which the conventions leave to
            /// choice. Defaults to off.
            #[must_use]
            pub fn body_sizes(self, on: bool) -> Self {
                self.with(|options| options.body_sizes(on))
            }

            /// The request methods that may stand in labels and span names, case-sensitive, in place of
            /// [`KNOWN_METHODS`]($crate::request::KNOWN_METHODS): any other is `_OTHER` there, and what was
            /// asked for stands on the line (`method_original`) and on the span
            /// (`http.request.method_original`), cut after 32 bytes. Beats the variable
            /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, a list with commas in between, which replaces the
            /// usual ones in the same way.
            ///
            /// At most 32 methods of at most 32 bytes: what is more, and what can be no method, is left out
            /// with a warning. Defaults to the variable, and without it to `KNOWN_METHODS`.
            #[must_use]
            pub fn known_methods<N: AsRef<str>>(self, methods: impl IntoIterator<Item = N>) -> Self {
                self.with(|options| options.known_methods(methods))
            }

            /// Puts these request headers on the span as `http.request.header.<name>`; of one whose
            /// name is that of a secret (`authorization`, `cookie`), `REDACTED`. Defaults to none.
            #[must_use]
            pub fn capture_request_headers<N: AsRef<str>>(self, names: impl IntoIterator<Item = N>) -> Self {
                self.with(|options| options.capture_request_headers(names))
            }

            /// Puts these response headers on the span as `http.response.header.<name>`. Defaults
            /// to none.
            #[must_use]
            pub fn capture_response_headers<N: AsRef<str>>(self, names: impl IntoIterator<Item = N>) -> Self {
                self.with(|options| options.capture_response_headers(names))
            }

            /// Replaces the values of these query keys too, besides the usual ones (`token`, `sig`,
            /// `code`, `password`, …) and those of `redact_fields`, in `url.full`. Keys match as names of
            /// fields do: `iban` covers `owner.iban`. Defaults to none more.
            #[must_use]
            pub fn redact_query<N: AsRef<str>>(self, keys: impl IntoIterator<Item = N>) -> Self {
                self.with(|options| options.redact_query(keys))
            }

            /// The one service that this client talks to, as `http://host[:port][/path]`.
            ///
            /// Its host is the `host` label, and any other host is `_OTHER`; templates are relative
            /// to its path (`target("/users/{id}")` under `http://users/api` is
            /// `/api/users/{id}`); where a request doesn't tell its host, as those of gRPC clients
            /// don't, scheme, host and port are taken from here. A text that is no such URL is left
            /// out with a warning. Defaults to none.
            #[must_use]
            pub fn base_url(self, url: impl AsRef<str>) -> Self {
                self.with(|options| options.base_url(url.as_ref()))
            }

            /// The hosts that may stand in the `host` label, a closed list: any other is `_OTHER`.
            /// Can be given several times. Defaults to all hosts, up to
            /// [`max_hosts`](Self::max_hosts).
            #[must_use]
            pub fn hosts<N: AsRef<str>>(self, hosts: impl IntoIterator<Item = N>) -> Self {
                self.with(|options| options.hosts(hosts))
            }

            /// How many hosts may stand in the `host` label; those that come later are `_OTHER`.
            /// Defaults to 100.
            #[must_use]
            pub fn max_hosts(self, max: usize) -> Self {
                self.with(|options| options.max_hosts(max))
            }

            /// Adds a label to all metrics of the client: a tenant's tier, the purpose of a call. Its
            /// values come from a closed list: what else the function gives, and `None`, is `_OTHER`.
            ///
            /// Each label multiplies the number of series by the length of its list, so keep lists
            /// short. At most 8 labels; names are `[a-zA-Z_][a-zA-Z0-9_]*`, and none that the metrics
            /// have already. A label that can't be, or without values, is left out with a warning.
            /// Defaults to none.
            #[must_use]
            pub fn label<V: AsRef<str>>(
                self,
                name: impl AsRef<str>,
                values: impl IntoIterator<Item = V>,
                value: impl Fn(&$crate::client::ClientRequest<'_>, &dyn $crate::request::HeaderReader) -> Option<&'static str>
                    + Send
                    + Sync
                    + 'static,
            ) -> Self {
                self.with(|options| options.label(name.as_ref(), values, value))
            }

            /// Is called with every attempt that has ended. It runs in the request's own task: be
            /// quick. Defaults to nothing.
            #[must_use]
            pub fn on_finish(
                self,
                hook: impl Fn(&$crate::client::ClientFinished<'_>) + Send + Sync + 'static,
            ) -> Self {
                self.with(|options| options.on_finish(hook))
            }

            fn with(mut self, change: impl FnOnce(&mut $crate::client::ClientOptions)) -> Self {
                self.state = self.state.with(change);
                self
            }
        }
    };
}
