//! The settings of a server's layer, the same for every adapter.

use std::{borrow::Cow, fmt, sync::Arc};

use tracing_core::LevelFilter;

use super::{Finished, Head, Privacy, Skip};
use crate::{context::FieldValue, guard::Guarded, options::Common};

/// Names the error type of a failed answer.
pub(super) type Classifier = Arc<Guarded<dyn Fn(&Head<'_>) -> Option<&'static str> + Send + Sync>>;
/// Is called for every request that has ended.
pub(super) type FinishHook = Arc<Guarded<dyn Fn(&Finished<'_>) + Send + Sync>>;

/// What a layer does with a request. [`layer_setters!`](crate::layer_setters) makes a setter of each, with the
/// documentation for users.
#[derive(Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch that users set by its name"
)]
pub struct Options {
    /// The settings that clients have too.
    pub common: Common,
    /// Whether the caller's trace is continued. Defaults to `true`.
    pub trust_incoming: bool,
    /// Whether a `tracing` span is opened for each request. Defaults to `false`.
    pub tracing_span: bool,
    /// Whether the line of a 4xx answer has level `warn`. Defaults to `false`.
    pub warn_client_errors: bool,
    /// Whether answers have a `Server-Timing` header. Defaults to `false`.
    pub server_timing: bool,
    /// Whether answers have a `traceresponse` header. Defaults to `false`.
    pub trace_response: bool,
    /// Up to which level the lines of requests are held for a failure; all that the instance holds if `None`.
    pub held_lines: Option<LevelFilter>,
    /// Requests that are left out of all signals.
    pub skip: Skip,
    /// Route templates whose answers are streams by nature.
    pub streaming: Vec<Box<str>>,
    /// Keys of the caller's baggage that become fields of the request's context.
    pub baggage_fields: Vec<Box<str>>,
    /// Fields with a constant value, of lines and of the span.
    pub fields: Vec<(Cow<'static, str>, FieldValue)>,
    /// The data of clients that is recorded, and the proxies whose headers are trusted.
    pub privacy: Privacy,
    pub(super) classify: Option<Classifier>,
    pub(super) on_finish: Option<FinishHook>,
}

// === impl Options ===

impl Options {
    /// Sets the classifier of server errors.
    pub fn classify(&mut self, classify: impl Fn(&Head<'_>) -> Option<&'static str> + Send + Sync + 'static) {
        self.classify = Some(Arc::new(Guarded::new("the classify function of a layer", classify)));
    }

    /// Sets the hook that is called for every request that has ended.
    pub fn on_finish(&mut self, hook: impl Fn(&Finished<'_>) + Send + Sync + 'static) {
        self.on_finish = Some(Arc::new(Guarded::new("the on_finish hook of a layer", hook)));
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            common: Common::default(),
            trust_incoming: true,
            tracing_span: false,
            warn_client_errors: false,
            server_timing: false,
            trace_response: false,
            held_lines: None,
            skip: Skip::default(),
            streaming: Vec::new(),
            baggage_fields: Vec::new(),
            fields: Vec::new(),
            privacy: Privacy::default(),
            classify: None,
            on_finish: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            common,
            trust_incoming,
            skip,
            streaming,
            ..
        } = self;
        f.debug_struct("Options")
            .field("common", common)
            .field("trust_incoming", trust_incoming)
            .field("skip", skip)
            .field("streaming", streaming)
            .finish_non_exhaustive()
    }
}

/// Implements the setters of a server's layer whose field `state` is a
/// [`LayerState`](crate::request::LayerState). The text is the layer's path, for the examples.
#[doc(hidden)]
#[macro_export]
macro_rules! layer_setters {
    ($layer:ident, $path:literal) => {
        $crate::common_setters!($layer, $path);

        impl $layer {
            /// A layer that records all three signals into the process-wide default.
            pub fn new() -> Self {
                Self::default()
            }

            /// Switches the canonical log line of each request on or off. Defaults to on.
            ///
            /// With logs and traces off, requests have no context, no ids, and no echoed request id.
            ///
            /// ```
            #[doc = concat!("let metrics_only = ", $path, "::new().logs(false).traces(false);")]
            /// ```
            pub fn logs(self, on: bool) -> Self {
                self.with(|options| options.common.logs = on)
            }

            /// Switches the server span of each request on or off. Defaults to on.
            pub fn traces(self, on: bool) -> Self {
                self.with(|options| options.common.traces = on)
            }

            /// Sets whether the caller's trace is continued. At a public edge pass `false`: every request then
            /// starts a new trace, whose span has a link to the caller's. Defaults to `true`.
            ///
            /// ```
            #[doc = concat!("let edge = ", $path, "::new().trust_incoming(false);")]
            /// ```
            pub fn trust_incoming(self, trusted: bool) -> Self {
                self.with(|options| options.trust_incoming = trusted)
            }

            /// Opens a `tracing` span for each request with `request_id`, `trace_id` and `span_id`, for
            /// subscribers that rely on spans: a plain `fmt` layer, tokio-console. Defaults to off: nothing in
            /// obs needs it.
            pub fn tracing_span(self, on: bool) -> Self {
                self.with(|options| options.tracing_span = on)
            }

            /// Writes the line of a 4xx answer at level `warn` instead of `info`. Defaults to off.
            pub fn warn_client_errors(self, on: bool) -> Self {
                self.with(|options| options.warn_client_errors = on)
            }

            /// Sets up to which level the lines of this layer's requests are held for a failure, in place of the level of
            /// `ObsBuilder::lines_of_failures`, which has to be set and is the most that a layer can have. Of nested
            /// layers the outermost one counts. Defaults to the level of the instance.
            ///
            /// ```
            /// use tracing::level_filters::LevelFilter;
            ///
            #[doc = concat!("let public = ", $path, "::new().lines_of_failures(LevelFilter::OFF);")]
            /// ```
            pub fn lines_of_failures(self, level: impl Into<$crate::adapter::LevelFilter>) -> Self {
                let level = level.into();
                self.with(|options| options.held_lines = Some(level))
            }

            /// Adds a [`Server-Timing`](https://www.w3.org/TR/server-timing/) header to each answer, for the
            /// developer tools of browsers: the ids of the request's span, and the milliseconds from its
            /// arrival to the head of the answer, as in `traceparent;desc="00-…-…-01", head;dur=12.345`.
            ///
            /// The duration of the body is not known when the header is sent. What the application itself sends
            /// in that header stays. Scripts of another origin see it only if the answer has
            /// `Timing-Allow-Origin`, and read it from `fetch` only if `Access-Control-Expose-Headers` names
            /// `Server-Timing`.
            ///
            /// Defaults to off, since it shows every client how long the service works.
            pub fn server_timing(self, on: bool) -> Self {
                self.with(|options| options.server_timing = on)
            }

            /// Adds a `traceresponse` header to each answer: trace id, span id and flags of the request in the
            /// form of a `traceparent`, as drafted in
            /// [level 2 of Trace Context](https://www.w3.org/TR/trace-context-2/). Defaults to off.
            ///
            /// Scripts of another origin can read it only if the answer's `Access-Control-Expose-Headers` names
            /// `traceresponse`; the same holds for the `x-request-id` of every answer. With tower-http that is
            /// `CorsLayer::new().expose_headers([…])`, with actix-cors `Cors::expose_headers([…])`.
            pub fn trace_response(self, on: bool) -> Self {
                self.with(|options| options.trace_response = on)
            }

            /// Leaves the route with this template out of logs, traces and metrics; trace context is still
            /// passed on. Can be called several times. Defaults to none; the metrics page leaves itself out.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().skip(\"/internal/{probe}\");")]
            /// ```
            pub fn skip(self, path: impl AsRef<str>) -> Self {
                self.with(|options| options.skip.template(path.as_ref()))
            }

            /// Leaves routes at or below this path out of logs, traces and metrics, as [`skip`](Self::skip) does for
            /// one route: `/internal` covers `/internal` and `/internal/{probe}`, but not `/internals`. Can be called
            /// several times. Defaults to none.
            ///
            /// It is compared with the template of the matched route, so that no client can choose a parameter that
            /// hides its request, and with the path where no route matches.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().skip_prefix(\"/internal\");")]
            /// ```
            pub fn skip_prefix(self, prefix: impl AsRef<str>) -> Self {
                self.with(|options| options.skip.prefix(prefix.as_ref()))
            }

            /// Leaves requests for which the function returns true out of logs, traces and metrics, as
            /// [`skip`](Self::skip) does for a route. It is called for each request, so it must be quick and must not
            /// block; if it panics, the request is recorded. Can be called several times. Defaults to none.
            ///
            /// Clients choose headers and paths: whoever knows a condition on them can hide requests.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new()")]
            ///     .skip_if(|request| request.header("user-agent").is_some_and(|agent| agent.starts_with(b"kube-probe/")));
            /// ```
            pub fn skip_if(
                self,
                condition: impl Fn(&$crate::request::IncomingRequest<'_>) -> bool + Send + Sync + 'static,
            ) -> Self {
                self.with(|options| options.skip.condition(condition))
            }

            /// Marks the answers of the route with this template as streams: the request is counted and timed
            /// at its head, and the lifetime of the body is recorded in `stream_duration_seconds`. Can be called
            /// several times. Defaults to answers of type `text/event-stream` without a known length.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().streaming(\"/events\");")]
            /// ```
            pub fn streaming(self, path: impl AsRef<str>) -> Self {
                self.with(|options| options.streaming.push(path.as_ref().into()))
            }

            /// Sets how the client's address is recorded on span and line: whole, truncated to its network, or
            /// not at all. Defaults to [`On`]($crate::request::ClientAddress::On).
            ///
            /// ```
            /// use obs_core::request::ClientAddress;
            ///
            #[doc = concat!("let layer = ", $path, "::new().client_address(ClientAddress::Truncated);")]
            /// ```
            pub fn client_address(self, recorded: $crate::request::ClientAddress) -> Self {
                self.with(|options| options.privacy.client_address = recorded)
            }

            /// Sets whether the user agent is recorded on span and line. Defaults to `true`.
            pub fn user_agent(self, on: bool) -> Self {
                self.with(|options| options.privacy.user_agent = on)
            }

            /// Trusts the forwarding headers of proxies with these addresses.
            ///
            /// `client.address` is then the last address in `Forwarded` or `X-Forwarded-For` that is not in one
            /// of these networks; `url.scheme` and `server.address` are what the client used (`proto` and
            /// `host`, or `X-Forwarded-Proto` and `X-Forwarded-Host`). Anybody can send such headers, so name
            /// only proxies that append to them themselves. Can be called several times. Defaults to none: the
            /// headers are ignored.
            ///
            /// ```
            /// # fn main() -> Result<(), obs_core::request::NetworkParseError> {
            #[doc = concat!("let layer = ", $path, "::new().trusted_proxies([\"10.0.0.0/8\".parse()?]);")]
            /// # Ok(())
            /// # }
            /// ```
            pub fn trusted_proxies(self, networks: impl IntoIterator<Item = $crate::request::Network>) -> Self {
                self.with(|options| options.privacy.trusted_proxies.extend(networks))
            }

            /// Sets which forwarding headers of trusted proxies are read. Where proxies set one kind and pass
            /// on what clients send of the other, name the kind that they set. Defaults to
            /// [`Either`]($crate::request::ForwardedHeaders::Either).
            pub fn forwarded_headers(self, headers: $crate::request::ForwardedHeaders) -> Self {
                self.with(|options| options.privacy.forwarded_headers = headers)
            }

            /// Makes these entries of the caller's `baggage` fields of the request's context, so that each of
            /// its log lines has them. Entries of callers that are not trusted are ignored. Can be called
            /// several times. Defaults to none.
            ///
            /// They never become metric labels: the caller chooses the values, and each new one would be a new
            /// series. For values from a closed list use [`label`](Self::label) and read the header there.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().baggage_fields([\"tenant\"]);")]
            /// ```
            pub fn baggage_fields<N: AsRef<str>>(self, keys: impl IntoIterator<Item = N>) -> Self {
                let keys = $crate::adapter::boxed(keys);
                self.with(|options| options.baggage_fields.extend(keys))
            }

            /// Adds a field with a constant value to the lines of each request, and to its span as an attribute, as
            /// [`context::record`]($crate::context::record) in the handler would. Can be called several times. Of two
            /// values for a key the last one counts. Defaults to none.
            ///
            /// A field of all lines of a process is set with `ObsBuilder::log_field`, an attribute of all that it
            /// exports with `ObsBuilder::attribute`.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().field(\"api\", \"v2\").field(\"shard\", 3);")]
            /// ```
            pub fn field(
                self,
                key: impl Into<std::borrow::Cow<'static, str>>,
                value: impl Into<$crate::context::FieldValue>,
            ) -> Self {
                let field = (key.into(), value.into());
                self.with(|options| options.fields.push(field))
            }

            /// Names the `error_type` of a server error from the head of its answer. The words must come from a
            /// closed set; never return text of an error. Defaults to the status code.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new()")]
            ///     .classify(|head| (head.status == 503).then_some("overloaded"));
            /// ```
            pub fn classify(
                self,
                classify: impl Fn(&$crate::request::Head<'_>) -> Option<&'static str> + Send + Sync + 'static,
            ) -> Self {
                self.with(|options| options.classify(classify))
            }

            /// Calls the hook for every request that has ended. It runs in the request's task, so it must be
            /// quick and must not block. Defaults to none.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new()")]
            ///     .on_finish(|finished| println!("{} took {:?}", finished.endpoint, finished.duration));
            /// ```
            pub fn on_finish(self, hook: impl Fn(&$crate::request::Finished<'_>) + Send + Sync + 'static) -> Self {
                self.with(|options| options.on_finish(hook))
            }

            fn with(mut self, change: impl FnOnce(&mut $crate::adapter::Options)) -> Self {
                self.state = self.state.with(change);
                self
            }
        }
    };
}
