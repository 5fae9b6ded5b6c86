//! Settings of the metrics page.

use std::time::Duration;

use super::ObsBuilder;
use crate::exposition::Hidden;

// === impl ObsBuilder ===

impl ObsBuilder {
    /// A bearer token that a client has to show before it sees the metrics page, wherever the page
    /// is served: in Prometheus `authorization: { credentials: … }`. Visible ASCII without spaces.
    /// Defaults to none: everybody sees the page.
    ///
    /// ```
    /// let obs = obs_core::Obs::builder("payment-service")
    ///     .metrics_token("kNTxrHHGqKmkWAeD")
    ///     .log_writer(std::io::sink())
    ///     .build()?;
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    pub fn metrics_token(mut self, token: impl Into<String>) -> Self {
        self.page.token = Some(Hidden::new(token));
        self
    }

    /// How many metrics pages may be in flight at once, at least 1; those who ask for the same page
    /// at the same time share one, further ones get a 503. Defaults to 4.
    pub fn metrics_max_scrapes(mut self, scrapes: usize) -> Self {
        self.page.limits.scrapes = scrapes;
        self
    }

    /// How long a scrape may wait for its page before it gets a 503. Defaults to 10 s, as long as
    /// Prometheus waits.
    pub fn metrics_timeout(mut self, timeout: Duration) -> Self {
        self.page.limits.time = timeout;
        self
    }

    /// Serves the metrics page on `/metrics` of this address too, by a thread of its own, from
    /// `init` or `build` until [`Obs::shutdown`](crate::Obs::shutdown) or the drop of the last handle. Port 0 takes a free
    /// one, which [`Obs::metrics_addr`](crate::Obs::metrics_addr) returns. Defaults to none.
    ///
    /// With it, the page need not be a route of the service, where everybody can see it. An address
    /// that another process listens on is an [`InitError`](crate::InitError).
    ///
    /// At most 64 connections are open: when there is no room for another, the one that has been idle for
    /// longest is closed, so that clients that say nothing keep no scrape waiting. The first head of a
    /// connection has to come within five seconds.
    ///
    /// ```
    /// let obs = obs_core::Obs::builder("payment-service")
    ///     .serve_metrics(([127, 0, 0, 1], 0).into())
    ///     .log_writer(std::io::sink())
    ///     .build()?;
    /// println!("scrape http://{}/metrics", obs.metrics_addr().expect("an address was asked for"));
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    #[cfg(feature = "serve-metrics")]
    pub fn serve_metrics(mut self, addr: std::net::SocketAddr) -> Self {
        self.page.listen = Some(addr);
        self
    }
}
