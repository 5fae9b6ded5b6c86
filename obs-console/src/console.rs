//! The handle.

use std::{fmt, sync::Arc};

use obs_core::{Obs, adapter::PageOwner};

use crate::{
    ConsoleBuilder,
    server::{Admitted, ConsoleRequest, Server},
};

/// The console of an instance: a cheap handle, whose clones share one console.
///
/// An adapter mounts it; nothing is reachable before.
///
/// ```
/// use obs_console::Console;
/// use obs_core::Obs;
///
/// let obs = Obs::builder("payment-service").log_writer(std::io::sink()).build()?;
/// let console = Console::builder(&obs).one_time_link(true).build()?;
/// assert!(console.link("http://127.0.0.1:3000/obs").starts_with("http://127.0.0.1:3000/obs/?token="));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Console {
    server: Arc<Server>,
}

// === impl Console ===

impl Console {
    /// Settings of a console of this instance.
    pub fn builder(obs: &Obs) -> ConsoleBuilder {
        ConsoleBuilder::new(obs)
    }

    pub(crate) fn new(server: Arc<Server>) -> Self {
        Self { server }
    }

    /// The link to open, for the text of a start: `base` is where the console is mounted, such as
    /// `http://127.0.0.1:3000/obs`. With [`one_time_link`](ConsoleBuilder::one_time_link), it has a new token in it that
    /// admits once.
    #[must_use]
    pub fn link(&self, base: impl fmt::Display) -> String {
        self.server.link(&base.to_string())
    }

    /// Whose console it is. For adapters, which leave its requests out of all signals.
    #[must_use]
    pub fn owner(&self) -> &PageOwner {
        self.server.owner()
    }

    /// Checks a request, before its body is read. For adapters.
    pub fn admit(&self, request: &ConsoleRequest<'_>) -> Admitted {
        Admitted::new(Arc::clone(&self.server), request)
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("server", &self.server).finish()
    }
}
