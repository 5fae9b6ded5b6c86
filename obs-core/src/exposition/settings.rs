//! The settings of an instance's page.

use std::time::Duration;

use obs_base::{InitError, token::Token};

use super::queue::{Limits, Queue};

const DEFAULT_MAX_SCRAPES: usize = 4;
/// The time that Prometheus gives a scrape by default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Settings of the page, part of an [`ObsBuilder`].
#[derive(Debug)]
pub(crate) struct PageSettings {
    pub(crate) token: Option<Hidden>,
    pub(crate) limits: Limits,
    #[cfg(feature = "serve-metrics")]
    pub(crate) listen: Option<std::net::SocketAddr>,
}

/// How an instance hands out its page.
#[derive(Debug)]
pub(crate) struct Exposition {
    pub(super) token: Option<Token>,
    pub(super) queue: Queue,
}

/// A secret that `Debug` does not show, not yet checked.
pub(crate) struct Hidden(String);

// === impl PageSettings ===

impl Default for PageSettings {
    fn default() -> Self {
        Self {
            token: None,
            limits: Limits {
                scrapes: DEFAULT_MAX_SCRAPES,
                time: DEFAULT_TIMEOUT,
            },
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
            return Err(InitError::invalid(
                "metrics_timeout",
                format_args!("{time:?}"),
                "more than nothing",
            ));
        }
        Ok(())
    }

    /// # Errors
    ///
    /// If a setting is invalid.
    pub(crate) fn exposition(&self) -> Result<Exposition, InitError> {
        Ok(Exposition {
            token: self.token()?,
            queue: Queue::new(self.limits),
        })
    }

    fn token(&self) -> Result<Option<Token>, InitError> {
        self.token
            .as_ref()
            .map(|Hidden(token)| Token::parse("metrics_token", token))
            .transpose()
    }
}

// === impl Exposition ===

impl Default for Exposition {
    fn default() -> Self {
        Self {
            token: None,
            queue: Queue::new(PageSettings::default().limits),
        }
    }
}

// === impl Hidden ===

impl Hidden {
    pub(crate) fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}
