//! What an instance is told about its page.

use std::time::Duration;

use super::{
    queue::{Limits, Queue},
    token::Token,
};
use crate::obs::{InitError, ObsBuilder};

const DEFAULT_MAX_SCRAPES: usize = 4;
/// The time that Prometheus gives a scrape by default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Settings of the page, part of an [`ObsBuilder`].
#[derive(Debug)]
pub(crate) struct PageSettings {
    token: Option<Hidden>,
    limits: Limits,
    #[cfg(feature = "serve-metrics")]
    pub(crate) listen: Option<std::net::SocketAddr>,
}

/// How an instance hands out its page.
#[derive(Debug)]
pub(crate) struct Exposition {
    pub(super) token: Option<Token>,
    pub(super) queue: Queue,
}

/// A secret that was not looked at yet.
struct Hidden(String);

// === impl PageSettings ===

impl Default for PageSettings {
    fn default() -> Self {
        Self {
            token: None,
            limits: Limits { scrapes: DEFAULT_MAX_SCRAPES, time: DEFAULT_TIMEOUT },
            #[cfg(feature = "serve-metrics")]
            listen: None,
        }
    }
}

impl PageSettings {
    /// # Errors
    ///
    /// If a setting is invalid.
    pub(crate) fn check(&self) -> Result<(), InitError> {
        self.token()?;
        let Limits { scrapes, time } = self.limits;
        if scrapes == 0 {
            return Err(InitError::invalid("metrics_max_scrapes", scrapes, "at least 1"));
        }
        if time.is_zero() {
            return Err(InitError::invalid("metrics_timeout", format_args!("{time:?}"), "more than nothing"));
        }
        Ok(())
    }

    /// # Errors
    ///
    /// If a setting is invalid.
    pub(crate) fn exposition(&self) -> Result<Exposition, InitError> {
        Ok(Exposition { token: self.token()?, queue: Queue::new(self.limits) })
    }

    fn token(&self) -> Result<Option<Token>, InitError> {
        self.token.as_ref().map(|Hidden(token)| Token::parse(token)).transpose()
    }
}

// === impl Exposition ===

impl Default for Exposition {
    fn default() -> Self {
        Self { token: None, queue: Queue::new(PageSettings::default().limits) }
    }
}

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
        self.page.token = Some(Hidden(token.into()));
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
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}
