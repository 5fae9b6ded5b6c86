//! Settings.

use std::sync::Arc;

use obs_alert::AlertManager;
use obs_base::token::Token;
use obs_core::{Obs, adapter::PageOwner, health::Health};

use crate::{
    Console, ConsoleError, Intake, Rights,
    query::Sources,
    server::{Access, Gate, Server, is_host},
};

/// The bytes of the history of metrics.
const HISTORY_BYTES: usize = 4 << 20;
/// The cookie by which a browser finds its own requests.
const TAG: &str = "obs-tag";
/// The fewest characters of a token: it can be tried as often as the network allows.
const MIN_TOKEN: usize = 16;

/// Settings of a [`Console`].
#[derive(Debug)]
#[must_use = "a console is made by `build`"]
pub struct ConsoleBuilder {
    obs: Obs,
    alerts: Option<AlertManager>,
    health: Option<Health>,
    tokens: Vec<(String, Rights)>,
    one_time_link: bool,
    controls: bool,
    sensitive: Option<bool>,
    history_bytes: usize,
    hosts: Vec<String>,
    intake: Option<Intake>,
}

// === impl ConsoleBuilder ===

impl ConsoleBuilder {
    pub(crate) fn new(obs: &Obs) -> Self {
        Self {
            obs: obs.clone(),
            alerts: None,
            health: None,
            tokens: Vec::new(),
            one_time_link: false,
            controls: false,
            sensitive: None,
            history_bytes: HISTORY_BYTES,
            hosts: Vec::new(),
            intake: None,
        }
    }

    /// Shows the alerts and objectives of this manager. Defaults to none.
    pub fn alerts(mut self, manager: &AlertManager) -> Self {
        self.alerts = Some(manager.clone());
        self
    }

    /// Shows these health checks, and ends the streams of clients that follow once the service is
    /// [draining](Health::set_draining). Defaults to none.
    pub fn health(mut self, health: &Health) -> Self {
        self.health = Some(health.clone());
        self
    }

    /// Admits whoever shows this token: on the page of the login, or as `Authorization: Bearer`. It has all rights that are
    /// switched on. Without a token and without [`one_time_link`](Self::one_time_link), only clients on this machine are
    /// admitted.
    pub fn token(self, token: impl Into<String>) -> Self {
        self.token_with(token, Rights::see().sensitive(true).change(true))
    }

    /// Admits whoever shows this token, with these rights, as far as they are switched on.
    pub fn token_with(mut self, token: impl Into<String>, rights: Rights) -> Self {
        self.tokens.push((token.into(), rights));
        self
    }

    /// Admits whoever opens the [`link`](Console::link) that is printed at the start, once. Defaults to false.
    pub fn one_time_link(mut self, on: bool) -> Self {
        self.one_time_link = on;
        self
    }

    /// Switches on the controls, which change the service: its log filter, its sampling, silences. Defaults to false.
    pub fn controls(mut self, on: bool) -> Self {
        self.controls = on;
        self
    }

    /// Shows what is sensitive, see [`Rights`]. Defaults to true where only clients on this machine are admitted, and to
    /// false otherwise.
    pub fn sensitive(mut self, on: bool) -> Self {
        self.sensitive = Some(on);
        self
    }

    /// The most bytes of the history of metrics. Defaults to 4 MiB.
    pub fn history_bytes(mut self, bytes: usize) -> Self {
        self.history_bytes = bytes;
        self
    }

    /// Answers requests for this host too, without a port: the name under which people reach the service, such as
    /// `shop.internal`. Names of this machine and IP addresses are always answered, no others, so that no page of another
    /// site can reach the console by a name of its own.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Takes traces and log records of other services, see [`Intake`]. Defaults to none.
    pub fn accept_otlp(mut self, intake: Intake) -> Self {
        self.intake = Some(intake);
        self
    }

    /// Makes the console.
    ///
    /// # Errors
    ///
    /// If a token or key is shorter than 16 characters or no header can carry it, or a host is none.
    pub fn build(self) -> Result<Console, ConsoleError> {
        let tokens = self
            .tokens
            .iter()
            .map(|(token, rights)| Ok((checked("token", token)?, *rights)));
        let tokens: Vec<_> = tokens.collect::<Result<_, ConsoleError>>()?;
        if let Some(bad) = self.hosts.iter().find(|host| !is_host(host)) {
            let expected = format!("a name or an address without scheme, port and path, not {bad:?}");
            return Err(ConsoleError::invalid("allow_host", expected));
        }
        let gate = self
            .intake
            .as_ref()
            .map(|intake| checked("accept_otlp", &intake.key).map(Gate::new));
        let gate = gate.transpose()?;
        let is_open = tokens.is_empty() && !self.one_time_link;
        let most = Rights::see()
            .sensitive(self.sensitive.unwrap_or(is_open))
            .change(self.controls);
        let access = Access::new(tokens, self.one_time_link, most, self.hosts);
        self.obs.recorder().tag_requests(TAG);
        let owner = PageOwner::of(&self.obs);
        let sources = Sources::new(self.obs, self.alerts, self.history_bytes);
        if let Some(intake) = &self.intake {
            sources.foreign().set_limit(intake.bytes);
        }
        let server = Server::new(access, owner, Arc::new(sources), self.health, self.controls, gate);
        Ok(Console::new(Arc::new(server)))
    }
}

fn checked(setting: &'static str, token: &str) -> Result<Token, ConsoleError> {
    let expected = || ConsoleError::invalid(setting, "16 or more visible ASCII characters without spaces");
    let parsed = Token::parse(setting, token).map_err(|_| expected())?;
    if token.len() < MIN_TOKEN {
        Err(expected())
    } else {
        Ok(parsed)
    }
}
