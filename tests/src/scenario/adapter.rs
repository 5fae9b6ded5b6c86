//! What an adapter gives to the table.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use obs_core::{Obs, request::Finished};
use tracing::Dispatch;

use super::{Route, Settings};
use crate::net::Server;

/// Called for every request that has ended.
pub type FinishHook = Arc<dyn Fn(&Finished<'_>) + Send + Sync>;

/// A framework with our layer on it.
pub trait Adapter: Sync {
    /// The framework: `axum`, `actix`.
    fn name(&self) -> &'static str;

    /// Serves the plan on a free port of 127.0.0.1, HTTP/1.1 and HTTP/2 by prior knowledge on the
    /// same port, with the peer's address known to the layer.
    fn start(&self, plan: &Plan<'_>) -> Box<dyn Serving>;
}

/// What is to be served.
#[derive(Clone)]
pub struct Plan<'a> {
    /// The instance to record into; the process-wide default if none.
    pub obs: Option<&'a Obs>,
    /// The routes, with the layer around them.
    pub routes: &'a [Route],
    /// What is set on the layer; see [`apply_settings`](crate::apply_settings).
    pub settings: &'a Settings,
    /// The subscriber that is to be current while handlers and bodies are polled; none if a
    /// process-wide one is installed.
    pub subscriber: Option<Dispatch>,
    /// To be called at the end of each request, by `on_finish`.
    pub on_finish: FinishHook,
}

/// A server that runs until it is stopped or dropped.
pub trait Serving {
    /// Where it listens.
    fn addr(&self) -> SocketAddr;

    /// Stops and waits for what is in flight; returns whether all ended `within` that time.
    fn stop(self: Box<Self>, within: Duration) -> bool;
}

impl Serving for Server {
    fn addr(&self) -> SocketAddr {
        Server::addr(self)
    }

    fn stop(self: Box<Self>, within: Duration) -> bool {
        Server::stop(*self, within)
    }
}

impl fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("routes", &self.routes)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
