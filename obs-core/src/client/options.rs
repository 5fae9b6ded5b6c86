//! The settings of a client, the same for every adapter.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use super::{ClientFinished, ClientInstrument, hosts::Hosts};
use crate::{guard::Guarded, metrics::DEFAULT_MAX_HOSTS, options::Common};

/// Is called for every attempt that has ended.
pub(super) type ClientFinishHook = Arc<Guarded<dyn Fn(&ClientFinished<'_>) + Send + Sync>>;

/// What a client does with its requests. [`client_setters!`](crate::client_setters) makes a setter of each, with
/// the documentation for users.
#[derive(Clone)]
pub struct ClientOptions {
    /// What servers have too.
    pub common: Common,
    /// Whether trace context and baggage are sent along. Defaults to `true`.
    pub propagate: bool,
    /// Whether the sizes of bodies are on the span. Defaults to `false`.
    pub body_sizes: bool,
    /// The service that the client calls, as it was given; read when the first request comes.
    pub base_url: Option<Box<str>>,
    /// How many hosts have series of their own. Defaults to 100.
    pub max_hosts: usize,
    pub(super) hosts: Hosts,
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
    /// Adds to the closed list of hosts.
    pub fn hosts<N: AsRef<str>>(&mut self, hosts: impl IntoIterator<Item = N>) {
        for host in hosts {
            self.hosts.add(host.as_ref());
        }
    }

    /// Sets the hook that is called for every attempt that has ended.
    pub fn on_finish(&mut self, hook: impl Fn(&ClientFinished<'_>) + Send + Sync + 'static) {
        self.on_finish = Some(Arc::new(Guarded::new("the on_finish hook of a client", hook)));
    }
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            common: Common {
                logs: false,
                ..Common::default()
            },
            propagate: true,
            body_sizes: false,
            base_url: None,
            max_hosts: DEFAULT_MAX_HOSTS,
            hosts: Hosts::default(),
            on_finish: None,
        }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            common,
            propagate,
            base_url,
            hosts,
            max_hosts,
            ..
        } = self;
        f.debug_struct("ClientOptions")
            .field("common", common)
            .field("propagate", propagate)
            .field("base_url", base_url)
            .field("hosts", hosts)
            .field("max_hosts", max_hosts)
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
        Self {
            lazy: Arc::new(Lazy {
                options,
                instrument: OnceLock::new(),
            }),
        }
    }

    /// The adapter's own settings of type `T`, if there are any, see [`Common::edit_hooks`].
    #[must_use]
    pub fn hooks<T: 'static>(&self) -> Option<&T> {
        self.lazy.options.common.hooks()
    }

    /// The state, made at the first call.
    #[must_use]
    pub fn instrument(&self) -> &Arc<ClientInstrument> {
        self.lazy
            .instrument
            .get_or_init(|| Arc::new(ClientInstrument::new(self.lazy.options.clone())))
    }
}

/// Implements the setters of a client's layer whose field `state` is a
/// [`ClientState`](crate::adapter::ClientState). The text is the layer's path, for the examples; the name in angle
/// brackets its type parameter.
#[doc(hidden)]
#[macro_export]
macro_rules! client_setters {
    ($layer:ident $(<$param:ident>)?, $path:literal) => {
        $crate::common_setters!($layer $(<$param>)?, $path);

        impl $(<$param>)? $layer $(<$param>)? {
            /// Switches a log line for each attempt on or off, target `obs::client`: at level `warn` for errors,
            /// else `info`. Defaults to off: a request that makes ten calls would write eleven lines.
            pub fn logs(self, on: bool) -> Self {
                self.with(|options| options.common.logs = on)
            }

            /// Switches the client span of each attempt on or off. Without it, the called service becomes a
            /// child of the span around the call. Defaults to on.
            pub fn traces(self, on: bool) -> Self {
                self.with(|options| options.common.traces = on)
            }

            /// Sets whether `traceparent`, `tracestate` and `baggage` are sent. Pass `false` for services of
            /// third parties, which need not see your ids. Defaults to `true`.
            ///
            /// ```
            #[doc = concat!("let third_party = ", $path, "::new().propagate(false);")]
            /// ```
            pub fn propagate(self, on: bool) -> Self {
                self.with(|options| options.propagate = on)
            }

            /// Records the sizes of bodies that are known at the head on the span: `http.request.body.size` and
            /// `http.response.body.size`, which are opt-in in the conventions. Defaults to off.
            pub fn body_sizes(self, on: bool) -> Self {
                self.with(|options| options.body_sizes = on)
            }

            /// Sets the one service that this client calls, as `http://host[:port][/path]`.
            ///
            /// Its host is the `host` label, and any other host is `_OTHER`. Templates are relative to its path:
            /// `target("/users/{id}")` under `http://users/api` is `/api/users/{id}`. For requests without a
            /// host, such as those of gRPC clients, it gives scheme, host and port. A text that is no such URL
            /// is left out with a warning. Defaults to none.
            ///
            /// ```
            #[doc = concat!("let users = ", $path, "::new().base_url(\"http://users.internal/api\");")]
            /// ```
            pub fn base_url(self, url: impl AsRef<str>) -> Self {
                self.with(|options| options.base_url = Some(url.as_ref().into()))
            }

            /// Adds to the closed list of hosts that may be values of the `host` label; any other is `_OTHER`.
            /// Can be called several times. Defaults to all hosts, up to [`max_hosts`](Self::max_hosts).
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new().hosts([\"users.internal\", \"payments.internal\"]);")]
            /// ```
            pub fn hosts<N: AsRef<str>>(self, hosts: impl IntoIterator<Item = N>) -> Self {
                self.with(|options| options.hosts(hosts))
            }

            /// Sets how many hosts may be values of the `host` label; later ones are `_OTHER`. Defaults to 100.
            pub fn max_hosts(self, max: usize) -> Self {
                self.with(|options| options.max_hosts = max)
            }

            /// Lists the gRPC methods that this client calls, as `package.Service/Method`: they are the targets of
            /// their calls; other calls have none. A target that is given with the request, or by
            /// [`target`](Self::target), takes precedence. Without a list, a method is learnt from the first response
            /// that proves that it exists, 256 at most. Can be called several times. Defaults to none.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new()")]
            ///     .base_url("http://payments.internal:50051")
            ///     .grpc_methods(["shop.Payments/Charge", "shop.Payments/Refund"]);
            /// ```
            pub fn grpc_methods<N: AsRef<str>>(self, methods: impl IntoIterator<Item = N>) -> Self {
                self.with(|options| options.common.grpc_methods.extend($crate::adapter::boxed(methods)))
            }

            /// Calls the hook for every attempt that has ended. It runs in the request's task, so it must be
            /// quick and must not block. Defaults to none.
            ///
            /// ```
            #[doc = concat!("let layer = ", $path, "::new()")]
            ///     .on_finish(|finished| println!("{} took {:?}", finished.host, finished.duration));
            /// ```
            pub fn on_finish(
                self,
                hook: impl Fn(&$crate::client::ClientFinished<'_>) + Send + Sync + 'static,
            ) -> Self {
                self.with(|options| options.on_finish(hook))
            }

            fn with(mut self, change: impl FnOnce(&mut $crate::adapter::ClientOptions)) -> Self {
                self.state = self.state.with(change);
                self
            }
        }
    };
}
