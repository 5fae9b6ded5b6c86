//! The common settings, and the setters that every layer has for them.

use std::{any::Any, fmt, sync::Arc};

use super::OwnLabels;
use crate::{
    metrics::{Convention, RedOptions},
    pipeline::{self, KnownMethods, Obs, Pipeline},
    redact::Redactor,
};

/// The settings that layers of servers and of clients share.
///
/// [`common_setters!`](crate::common_setters) makes a setter of each, with the documentation for users.
#[derive(Clone)]
pub struct Common {
    /// Where to record; the process-wide default if `None`.
    pub(crate) instance: Option<Arc<Pipeline>>,
    /// First word of the metrics' names; that of the instance if `None`.
    pub namespace: Option<String>,
    /// Names of the metrics and their labels; those of the instance if `None`.
    pub convention: Option<Convention>,
    /// Whether RED metrics are recorded. Defaults to `true`.
    pub metrics: bool,
    /// Whether a line is written for each request. Defaults to `true`, for clients to `false`.
    pub logs: bool,
    /// Whether a span is made for each request. Defaults to `true`.
    pub traces: bool,
    /// Labels of the layer's own with their closed lists of values.
    pub(crate) labels: OwnLabels,
    /// Lower-case names of request headers that become span attributes, see [`header_names`].
    pub request_headers: Vec<Box<str>>,
    /// Lower-case names of response headers that become span attributes, see [`header_names`].
    pub response_headers: Vec<Box<str>>,
    /// Query keys whose values are redacted, beside the usual ones.
    pub redact_query: Vec<Box<str>>,
    /// gRPC methods as `package.Service/Method`, with or without a slash before; learnt if there are none.
    pub grpc_methods: Vec<Box<str>>,
    /// Request methods that may be label values; those of the environment if `None`.
    pub(crate) known_methods: Option<KnownMethods>,
    /// Functions of the user's over types of the adapter's, which only the adapter knows.
    pub(crate) hooks: Option<Arc<dyn Any + Send + Sync>>,
}

/// The texts, each in a box, for fields that list names.
pub fn boxed<N: AsRef<str>>(texts: impl IntoIterator<Item = N>) -> impl Iterator<Item = Box<str>> {
    texts.into_iter().map(|text| text.as_ref().into())
}

/// The names in lower case, as header maps have them.
pub fn header_names<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> impl Iterator<Item = Box<str>> {
    names.into_iter().map(|name| name.as_ref().to_ascii_lowercase().into())
}

// === impl Common ===

impl Common {
    /// Records into this instance instead of the process-wide default.
    pub fn record_into(&mut self, obs: &Obs) {
        self.instance = Some(obs.pipeline());
    }

    /// Adds a label with a closed list of values. Returns whether it is valid; otherwise it is left out, with a
    /// warning when the layer is first used.
    pub fn add_label<V: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = V>) -> bool {
        self.labels.add((
            name.to_owned(),
            values.into_iter().map(|value| value.as_ref().to_owned()).collect(),
        ))
    }

    /// Replaces the request methods that may be label values.
    pub fn set_known_methods<N: AsRef<str>>(&mut self, methods: impl IntoIterator<Item = N>) {
        self.known_methods = Some(KnownMethods::new(methods));
    }

    /// Changes what the adapter keeps with the settings: functions of the user's over its own types.
    pub fn edit_hooks<T: Clone + Default + Send + Sync + 'static>(&mut self, change: impl FnOnce(&mut T)) {
        let mut hooks: T = self.hooks().cloned().unwrap_or_default();
        change(&mut hooks);
        self.hooks = Some(Arc::new(hooks));
    }

    /// What the adapter keeps, see [`edit_hooks`](Self::edit_hooks).
    pub(crate) fn hooks<T: 'static>(&self) -> Option<&T> {
        self.hooks.as_deref()?.downcast_ref()
    }

    /// The instance that was given to the layer, if one was.
    pub(crate) fn own_instance(&self) -> Option<&Arc<Pipeline>> {
        self.instance.as_ref()
    }

    /// The instance to record into.
    pub(crate) fn instance(&self) -> Arc<Pipeline> {
        self.instance.clone().unwrap_or_else(pipeline::default)
    }

    /// Whose names the RED metrics have.
    pub(crate) fn convention(&self, pipeline: &Pipeline) -> Convention {
        self.convention.unwrap_or(pipeline.naming.convention)
    }

    /// The settings of the RED metrics; `None` if they are switched off. Warns about labels that are left out.
    pub(crate) fn red_options(&self, pipeline: &Pipeline) -> Option<RedOptions> {
        self.metrics.then(|| {
            self.labels.warn();
            RedOptions {
                namespace: self
                    .namespace
                    .clone()
                    .unwrap_or_else(|| pipeline.naming.namespace.clone()),
                convention: self.convention(pipeline),
                labels: self.labels.accepted().to_vec(),
                duration_buckets: pipeline.duration_buckets.clone(),
                push: pipeline.push(),
                ..RedOptions::default()
            }
        })
    }

    /// The request methods that may be label values. Warns about those that are left out.
    pub(crate) fn known_methods(&self, pipeline: &Pipeline) -> KnownMethods {
        let known = self
            .known_methods
            .clone()
            .unwrap_or_else(|| pipeline.known_methods.clone());
        known.warn();
        known
    }

    /// Finds secrets in queries and headers: by the names of the instance and those of the layer.
    pub(crate) fn redactor(&self, pipeline: &Pipeline) -> Redactor {
        pipeline
            .tracing
            .redactor()
            .and(self.redact_query.iter().map(|key| &**key))
    }
}

impl Default for Common {
    fn default() -> Self {
        Self {
            instance: None,
            namespace: None,
            convention: None,
            metrics: true,
            logs: true,
            traces: true,
            labels: OwnLabels::default(),
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            redact_query: Vec::new(),
            grpc_methods: Vec::new(),
            known_methods: None,
            hooks: None,
        }
    }
}

impl fmt::Debug for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace,
            convention,
            metrics,
            logs,
            traces,
            labels,
            ..
        } = self;
        f.debug_struct("Common")
            .field("namespace", namespace)
            .field("convention", convention)
            .field("metrics", metrics)
            .field("logs", logs)
            .field("traces", traces)
            .field("labels", labels)
            .finish_non_exhaustive()
    }
}

/// Implements the setters of [`Common`](crate::options::Common) for a layer that has a method
/// `with(self, impl FnOnce(&mut O)) -> Self`, where `O` has a field `common`. The text is the layer's path, for
/// the examples; the name in angle brackets its type parameter.
#[doc(hidden)]
#[macro_export]
macro_rules! common_setters {
    ($layer:ident $(<$param:ident>)?, $path:literal) => {
        impl $(<$param>)? $layer $(<$param>)? {
            /// Records into this instance, spans included. Defaults to the process-wide instance that
            /// `ObsBuilder::init` installed; without one, metrics go to a default registry, and no lines are
            /// written. The spans of a client then belong to the instance of the request that it is called in.
            ///
            /// ```
            /// use obs_core::Obs;
            ///
            /// # fn main() -> Result<(), obs_core::InitError> {
            /// let obs = Obs::builder("shop").log_writer(std::io::sink()).build()?;
            #[doc = concat!("let layer = ", $path, "::new().obs(&obs);")]
            /// # Ok(())
            /// # }
            /// ```
            pub fn obs(self, obs: &$crate::Obs) -> Self {
                self.with(|options| options.common.record_into(obs))
            }

            /// Sets the first word of the names of the RED metrics: `payment` makes `payment_requests_total` of
            /// servers and `payment_client_requests_total` of clients, an empty namespace `requests_total` and
            /// `client_requests_total`. Defaults to that of the instance (`ObsBuilder::namespace`, or its definition), which is
            /// `http` if nothing was said.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().namespace(\"payment\");")]
            /// ```
            pub fn namespace(self, namespace: impl AsRef<str>) -> Self {
                self.with(|options| options.common.namespace = Some(namespace.as_ref().to_owned()))
            }

            /// Sets the names of the RED metrics and of their labels: Prometheus' style
            /// (`http_requests_total{method, endpoint, …}`), or the semantic conventions of OpenTelemetry, which
            /// have no namespace. Defaults to that of the instance (`ObsBuilder::convention`, or its definition), which is
            /// [`Convention::Prometheus`](obs_core::metrics::Convention::Prometheus) if nothing was said.
            ///
            /// ```
            /// use obs_core::metrics::Convention;
            ///
            #[doc = concat!("let layer = ", $path, "::new().convention(Convention::OpenTelemetry);")]
            /// ```
            pub fn convention(self, convention: $crate::metrics::Convention) -> Self {
                self.with(|options| options.common.convention = Some(convention))
            }

            /// Switches the RED metrics on or off. Defaults to on.
            pub fn metrics(self, on: bool) -> Self {
                self.with(|options| options.common.metrics = on)
            }

            /// Replaces the request methods that may be label values and parts of span names,
            /// [`KNOWN_METHODS`](obs_core::request::KNOWN_METHODS). They are case-sensitive.
            ///
            /// Any other method is `_OTHER` there; what was sent is on the line (`method_original`) and on the
            /// span (`http.request.method_original`), cut after 32 bytes. A list has at most 32 methods of at
            /// most 32 bytes; invalid methods and those beyond the limit are left out with a warning.
            ///
            /// Defaults to the comma-separated list in the environment variable
            /// `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, and without it to `KNOWN_METHODS`.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().known_methods([\"GET\", \"POST\", \"PURGE\"]);")]
            /// ```
            pub fn known_methods<N: AsRef<str>>(self, methods: impl IntoIterator<Item = N>) -> Self {
                self.with(|options| options.common.set_known_methods(methods))
            }

            /// Records these request headers on the span as `http.request.header.<name>`. The value of a header
            /// whose name is that of a secret (`authorization`, `cookie`) is replaced by `REDACTED`. Can be
            /// called several times. Defaults to none.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().capture_request_headers([\"x-tenant\"]);")]
            /// ```
            pub fn capture_request_headers<N: AsRef<str>>(self, names: impl IntoIterator<Item = N>) -> Self {
                let names = $crate::adapter::header_names(names);
                self.with(|options| options.common.request_headers.extend(names))
            }

            /// Records these response headers on the span as `http.response.header.<name>`, as
            /// [`capture_request_headers`](Self::capture_request_headers) does for requests. Can be called
            /// several times. Defaults to none.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().capture_response_headers([\"x-cache\"]);")]
            /// ```
            pub fn capture_response_headers<N: AsRef<str>>(self, names: impl IntoIterator<Item = N>) -> Self {
                let names = $crate::adapter::header_names(names);
                self.with(|options| options.common.response_headers.extend(names))
            }

            /// Redacts the values of these query keys in `url.query` and `url.full`, in addition to the usual
            /// ones (`token`, `sig`, `code`, `password`, …) and to those of `ObsBuilder::redact_fields`. A key
            /// also matches as the last part of a name: `iban` covers `owner.iban`. Can be called several times.
            /// Defaults to no further keys.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().redact_query([\"iban\"]);")]
            /// ```
            pub fn redact_query<N: AsRef<str>>(self, keys: impl IntoIterator<Item = N>) -> Self {
                let keys = $crate::adapter::boxed(keys);
                self.with(|options| options.common.redact_query.extend(keys))
            }
        }
    };
}
