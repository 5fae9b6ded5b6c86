//! The setters that every adapter's layer has, written once.

/// Implements the common setters for a layer whose field `state` is a
/// [`LayerState`](crate::request::LayerState).
#[doc(hidden)]
#[macro_export]
macro_rules! layer_setters {
    ($layer:ident) => {
        impl $layer {
            /// A layer that records all three signals into the process-wide default.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// Records into this instance. Defaults to the process-wide one that
            /// `ObsBuilder::init` made; without it, to a default registry, with no spans and no lines.
            #[must_use]
            pub fn obs(self, obs: &$crate::Obs) -> Self {
                self.with(|options| options.obs(obs))
            }

            /// The word before the names of the RED metrics: `payment` gives
            /// `payment_requests_total`, an empty one `requests_total`. Defaults to `http`.
            #[must_use]
            pub fn namespace(self, namespace: impl AsRef<str>) -> Self {
                self.with(|options| options.namespace(namespace.as_ref()))
            }

            /// Which names the RED metrics and their labels have: `http_requests_total{method, endpoint, …}`, or
            /// those of OpenTelemetry's semantic conventions, which take no namespace. Defaults to
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

            /// Switches the canonical log line of each request. Defaults to on. With logs and
            /// traces off there is no request context, no id and no echoed header.
            #[must_use]
            pub fn logs(self, on: bool) -> Self {
                self.with(|options| options.logs(on))
            }

            /// Switches the server span of each request. Defaults to on.
            #[must_use]
            pub fn traces(self, on: bool) -> Self {
                self.with(|options| options.traces(on))
            }

            /// Whether the trace of the caller is continued. At a public edge say `false`: every
            /// request then starts a new trace, whose span has a link to the caller's. Defaults to
            /// `true`.
            #[must_use]
            pub fn trust_incoming(self, trusted: bool) -> Self {
                self.with(|options| options.trust_incoming(trusted))
            }

            /// Opens a `tracing` span for each request, with `request_id`, `trace_id` and
            /// `span_id`, for subscribers that live on spans: a plain `fmt` layer, tokio-console.
            /// Defaults to off: nothing of ours needs it.
            #[must_use]
            pub fn tracing_span(self, on: bool) -> Self {
                self.with(|options| options.tracing_span(on))
            }

            /// Writes the line of a 4xx answer at level `warn`. Defaults to `info`.
            #[must_use]
            pub fn warn_client_errors(self, on: bool) -> Self {
                self.with(|options| options.warn_client_errors(on))
            }

            /// Adds a [`Server-Timing`](https://www.w3.org/TR/server-timing/) header to each answer: the
            /// ids of the request's span, and the milliseconds from its arrival to the head, for the
            /// developer tools and the monitoring of browsers:
            /// `traceparent;desc="00-…-…-01", head;dur=12.345`. How long the body takes is not known
            /// when the header is sent. What the application sends in that header stays. Defaults to
            /// off: everybody who asks sees how long the service works.
            ///
            /// Scripts of another origin see it only if the answer has `Timing-Allow-Origin`, and read
            /// it from `fetch` only if `Access-Control-Expose-Headers` names `Server-Timing`.
            #[must_use]
            pub fn server_timing(self, on: bool) -> Self {
                self.with(|options| options.server_timing(on))
            }

            /// Adds a `traceresponse` header to each answer, with trace id, span id and flags of the
            /// request in the form of a `traceparent`, as
            /// [level 2 of Trace Context](https://www.w3.org/TR/trace-context-2/) drafted it. Defaults
            /// to off.
            ///
            /// Scripts of another origin can read it only if the answer's
            /// `Access-Control-Expose-Headers` names `traceresponse`; the same holds for the
            /// `x-request-id` of every answer. With tower-http that is
            /// `CorsLayer::new().expose_headers([…])`, with actix-cors `Cors::expose_headers([…])`.
            #[must_use]
            pub fn trace_response(self, on: bool) -> Self {
                self.with(|options| options.trace_response(on))
            }

            /// Leaves the route with this template out of logs, traces and metrics; trace context
            /// is still passed on. Can be given several times. Defaults to none; the metrics page
            /// leaves itself out.
            #[must_use]
            pub fn skip(self, path: impl AsRef<str>) -> Self {
                self.with(|options| options.skip(path.as_ref()))
            }

            /// Marks the answers of the route with this template as streams by nature: the request
            /// is counted and timed at its head, its life goes to `stream_duration_seconds`. Can be
            /// given several times. Defaults to answers of type `text/event-stream` whose length is
            /// not known beforehand.
            #[must_use]
            pub fn streaming(self, path: impl AsRef<str>) -> Self {
                self.with(|options| options.streaming(path.as_ref()))
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
            /// `code`, `password`, …) and those of `redact_fields`, in `url.query`. Keys match as names of
            /// fields do: `iban` covers `owner.iban`. Defaults to none more.
            #[must_use]
            pub fn redact_query<N: AsRef<str>>(self, keys: impl IntoIterator<Item = N>) -> Self {
                self.with(|options| options.redact_query(keys))
            }

            /// How the client's address is recorded, on span and line alike: as it is, without its
            /// last part, or not at all. Defaults to [`On`]($crate::request::ClientAddress::On).
            #[must_use]
            pub fn client_address(self, recorded: $crate::request::ClientAddress) -> Self {
                self.with(|options| options.client_address(recorded))
            }

            /// Whether the user agent is recorded, on span and line alike. Defaults to `true`.
            #[must_use]
            pub fn user_agent(self, on: bool) -> Self {
                self.with(|options| options.user_agent(on))
            }

            /// Believes proxies with these addresses about the client: `client.address` is then the
            /// last address in `Forwarded` or `X-Forwarded-For` that is not one of these, and
            /// `url.scheme` and `server.address` are what the client used (`proto` and `host`, or
            /// `X-Forwarded-Proto` and `-Host`). Anybody can send such headers, so name only proxies
            /// that append to them themselves. Can be given several times. Defaults to none: the
            /// headers are not read.
            #[must_use]
            pub fn trusted_proxies(self, networks: impl IntoIterator<Item = $crate::request::Network>) -> Self {
                self.with(|options| options.trusted_proxies(networks))
            }

            /// In which headers trusted proxies tell of the client. Where they use one kind and pass
            /// on what clients send of the other, say which. Defaults to
            /// [`Either`]($crate::request::ForwardedHeaders::Either).
            #[must_use]
            pub fn forwarded_headers(self, headers: $crate::request::ForwardedHeaders) -> Self {
                self.with(|options| options.forwarded_headers(headers))
            }

            /// Makes these entries of the caller's `baggage` fields of the request's context, so that
            /// each of its log lines carries them: `baggage_fields(["tenant"])`. Nothing is taken from
            /// a caller that is not trusted. Defaults to none.
            ///
            /// They become no metric labels: whoever calls chooses the values, and each new one would
            /// be a new series. Where a value comes from a closed list, give the list to
            /// [`label`](Self::label) and read the header there.
            #[must_use]
            pub fn baggage_fields<N: AsRef<str>>(self, keys: impl IntoIterator<Item = N>) -> Self {
                self.with(|options| options.baggage_fields(keys))
            }

            /// Names the `error_type` of a server error from its response head. Words must come
            /// from a closed set; never give back text of the error. Defaults to the status code.
            #[must_use]
            pub fn classify(
                self,
                classify: impl Fn(&$crate::request::Head<'_>) -> Option<&'static str> + Send + Sync + 'static,
            ) -> Self {
                self.with(|options| options.classify(classify))
            }

            /// Is called with every request that has ended. It runs in the request's own task: be
            /// quick. Defaults to nothing.
            #[must_use]
            pub fn on_finish(self, hook: impl Fn(&$crate::request::Finished<'_>) + Send + Sync + 'static) -> Self {
                self.with(|options| options.on_finish(hook))
            }

            fn with(mut self, change: impl FnOnce(&mut $crate::request::Options)) -> Self {
                self.state = self.state.with(change);
                self
            }
        }
    };
}
