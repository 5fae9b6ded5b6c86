//! Settings of the metrics page.

use std::time::Duration;

use super::ObsBuilder;
use crate::exposition::Hidden;

// === impl ObsBuilder ===

impl ObsBuilder {
    /// The bearer token that clients of the metrics page must send, wherever the page is served; in Prometheus it is
    /// configured as `authorization: { credentials: … }`. Visible ASCII characters without spaces. Defaults to none:
    /// every client can read the page.
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

    /// The number of metrics pages that are written at the same time, at least 1. Concurrent requests for the same page
    /// share one; further requests are answered with 503. Defaults to 4.
    pub fn metrics_max_scrapes(mut self, scrapes: usize) -> Self {
        self.page.limits.scrapes = scrapes;
        self
    }

    /// The time after which a scrape without a page is answered with 503. Defaults to 10 s, the timeout of Prometheus.
    pub fn metrics_timeout(mut self, timeout: Duration) -> Self {
        self.page.limits.time = timeout;
        self
    }

    /// Serves the metrics page on `/metrics` of this address too, on a thread of obs, from `init` or `build` until
    /// [`Obs::shutdown`](crate::Obs::shutdown) or the drop of the last handle. Port 0 takes a free one, which
    /// [`Obs::metrics_addr`](crate::Obs::metrics_addr) returns. Defaults to none.
    ///
    /// The page then need not be a route of the service, which every client can reach. An address that another process
    /// listens on is an [`InitError`](crate::InitError).
    ///
    /// At most 64 connections are open. A further one replaces the connection that has been idle for longest, so that
    /// idle clients don't keep scrapes from connecting. The first request of a connection must arrive within five
    /// seconds.
    ///
    /// ```
    /// let obs = obs_core::Obs::builder("payment-service")
    ///     .serve_metrics(([127, 0, 0, 1], 0).into())
    ///     .log_writer(std::io::sink())
    ///     .build()?;
    /// println!("scrape http://{}/metrics", obs.metrics_addr().expect("the page is served"));
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    #[cfg(feature = "serve-metrics")]
    pub fn serve_metrics(mut self, addr: std::net::SocketAddr) -> Self {
        self.page.listen = Some(addr);
        self
    }
}
