//! A channel and its settings.

use std::{error::Error, fmt, sync::Arc, time::Duration};

#[cfg(feature = "email")]
use super::email::{Email, Mailer};
use super::{
    Notification,
    alertmanager::Alertmanager,
    builtin::Transport,
    closure::Closure,
    endpoint::Endpoint,
    handle::{ChannelHandle, Reports},
    post::Post,
    secret::Secret,
    settings::Settings,
};
use crate::{
    Severity,
    manager::{BuildError, Telemetry},
    state::fingerprint,
};

/// A notification channel, with its settings.
///
/// Each channel has a thread of its own and a bounded queue: one that hangs or fails delays
/// neither the evaluation nor the others. A notification that does not fit into the queue is dropped and counted in
/// `obs_alert_notifications_total{channel,outcome="dropped"}`.
///
/// A failed attempt is repeated after a backoff, as often as [`attempts`](Self::attempts) allows; the receiver can
/// set the time by `Retry-After`. A redirect and a 4xx status other than 408, 425 and 429 are final. A firing alert
/// of which the channel could not be notified is sent again after a minute, or after its cooldown if that is shorter.
///
/// URLs, tokens and values of headers are shown neither by `Debug` nor in errors and logs, since they contain secrets.
///
/// ```
/// use std::time::Duration;
/// use obs_alert::{Channel, Severity};
///
/// let pager = Channel::webhook("https://pager.example.com/hooks/1234")
///     .name("pager")
///     .bearer_token("s3cret")
///     .min_severity(Severity::Critical)
///     .timeout(Duration::from_secs(5));
/// assert!(!format!("{pager:?}").contains("s3cret"));
/// assert!(!format!("{pager:?}").contains("1234"));
/// ```
#[must_use = "a channel has no effect until it is added to an `AlertManager`"]
pub struct Channel {
    name: String,
    to: To,
    settings: Settings,
    headers: Vec<(String, Secret)>,
    authority: Option<Vec<u8>>,
}

/// The longest timeout of a receiver.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(3_600);

enum To {
    Log,
    Closure(Closure),
    Webhook(Secret),
    Slack(Secret),
    Alertmanager(Vec<Secret>),
    #[cfg(feature = "email")]
    Email(Box<Email>),
}

// === impl Channel ===

impl Channel {
    /// A log event for each alert, of the target `obs::alert`: an error for critical alerts, a
    /// warning for warnings, an info for others and for resolved ones. Its name is `log`.
    ///
    /// ```
    /// use obs_alert::{Channel, Severity};
    ///
    /// let log = Channel::log().min_severity(Severity::Warning);
    /// ```
    pub fn log() -> Self {
        Self::new("log", To::Log)
    }

    /// A function, called on the channel's thread for each notification. An error is a failure, after which it is
    /// called again; a panic is a failure too, and final. It may block: its [`timeout`](Self::timeout) is not
    /// enforced.
    ///
    /// ```
    /// use obs_alert::{Channel, Notification};
    ///
    /// let siren = Channel::closure("siren", |notification: &Notification| {
    ///     println!("{}", notification.title());
    ///     Ok::<_, std::io::Error>(())
    /// });
    /// ```
    pub fn closure<E>(
        name: impl Into<String>,
        send: impl Fn(&Notification) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::new(name, To::Closure(Closure::new(send)))
    }

    /// A POST with the payload of [Alertmanager's
    /// webhook](https://prometheus.io/docs/alerting/latest/configuration/#webhook_config), version 4: a
    /// receiver of Alertmanager's notifications can receive these. Its name is `webhook`. A URL with
    /// credentials (`https://user:password@host/`) is refused: send them in a [`header`](Self::header).
    ///
    /// ```
    /// use obs_alert::Channel;
    ///
    /// let incidents = Channel::webhook("https://incidents.example.com/hook").header("x-team", "payments");
    /// ```
    pub fn webhook(url: impl Into<String>) -> Self {
        Self::new("webhook", To::Webhook(Secret::new(url)))
    }

    /// An [incoming webhook](https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks) of Slack, or
    /// of programs with the same API: Mattermost, Rocket.Chat. Its name is `slack`. Text of labels and annotations is
    /// escaped: it can contain neither links nor mentions.
    ///
    /// ```
    /// use obs_alert::{Channel, Severity};
    ///
    /// let team = Channel::slack("https://hooks.slack.com/services/T0/B0/secret").min_severity(Severity::Warning);
    /// assert!(!format!("{team:?}").contains("secret"));
    /// ```
    pub fn slack(url: impl Into<String>) -> Self {
        Self::new("slack", To::Slack(Secret::new(url)))
    }

    /// A cluster of Alertmanagers, by the base addresses of all its peers: `http://alertmanager:9093`.
    ///
    /// They group, silence, inhibit and repeat by their own configuration: they are notified of all alerts that fire,
    /// again each minute, and of resolved ones for 15 minutes. Its name is `alertmanager`. A notification is sent to
    /// each peer (`POST /api/v2/alerts`), as Prometheus does, and is delivered if one of them has accepted it.
    ///
    /// ```
    /// use obs_alert::Channel;
    ///
    /// let cluster = Channel::alertmanager(["http://alertmanager-0:9093", "http://alertmanager-1:9093"]);
    /// ```
    pub fn alertmanager<U: Into<String>>(peers: impl IntoIterator<Item = U>) -> Self {
        let peers = peers.into_iter().map(|url| Secret::new(url.into())).collect();
        Self::new("alertmanager", To::Alertmanager(peers))
    }

    /// Mail, by SMTP. Its name is `email`.
    #[cfg(feature = "email")]
    pub fn email(email: Email) -> Self {
        Self::new("email", To::Email(Box::new(email)))
    }

    fn new(name: impl Into<String>, to: To) -> Self {
        Self {
            name: name.into(),
            to,
            settings: Settings::default(),
            headers: Vec::new(),
            authority: None,
        }
    }

    /// The name in metrics and notifications, 1 to 64 characters, unique among the channels of a manager. Two
    /// channels of one kind need names of their own.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The timeout of an attempt, from the connection to the receiver's answer; an hour at most. Defaults to 10
    /// seconds.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        let is_too_long = timeout.as_secs() >= LONGEST_TIMEOUT.as_secs();
        self.settings.timeout = if is_too_long { LONGEST_TIMEOUT } else { timeout };
        self
    }

    /// The number of attempts to send a notification, the first one included. Defaults to 4.
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.settings.attempts = attempts;
        self
    }

    /// The backoff after the first failure. It doubles with each further one, is at most a minute, and has jitter.
    /// Defaults to 500 ms.
    pub const fn backoff(mut self, first: Duration) -> Self {
        self.settings.backoff = first;
        self
    }

    /// The number of notifications that are sent per minute; further ones wait in the [queue](Self::queue). Defaults
    /// to 60.
    pub const fn per_minute(mut self, notifications: u32) -> Self {
        self.settings.per_minute = notifications;
        self
    }

    /// The number of notifications that can wait, of 8 MiB together at most; further ones are dropped and counted.
    /// For an Alertmanager, which gets all alerts in each interval, only the latest ones wait. Defaults to 256.
    pub const fn queue(mut self, notifications: usize) -> Self {
        self.settings.queue = notifications;
        self
    }

    /// The lowest severity of the alerts that it is notified of. Defaults to [`Severity::Info`]: all alerts.
    pub const fn min_severity(mut self, severity: Severity) -> Self {
        self.settings.min_severity = severity;
        self
    }

    /// Whether it is notified of resolved alerts. Defaults to `true`.
    pub const fn send_resolved(mut self, send: bool) -> Self {
        self.settings.send_resolved = send;
        self
    }

    /// Adds a header to the requests of a channel that sends by HTTP. Its value is not shown anywhere. An invalid
    /// name or value, and a header of a channel of another kind, are refused when the manager is built.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Secret::new(value)));
        self
    }

    /// The header `authorization: Bearer …`.
    pub fn bearer_token(self, token: impl AsRef<str>) -> Self {
        let value = format!("Bearer {}", token.as_ref());
        self.header("authorization", value)
    }

    /// Trusts only these certificate authorities, as PEM, in place of the system's. For `https`.
    pub fn certificate_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.authority = Some(pem.into());
        self
    }

    /// Checks the settings and starts the thread.
    pub(crate) fn start(self, reports: Reports, telemetry: Telemetry) -> Result<ChannelHandle, BuildError> {
        let name: Arc<str> = self.name.as_str().into();
        self.check()
            .and_then(|()| self.connect())
            .map_err(|message| BuildError::channel(&name, &message))
            .and_then(|transport| {
                ChannelHandle::start(
                    (Arc::clone(&name), self.to.target()),
                    transport,
                    self.settings,
                    reports,
                    telemetry,
                )
                .map_err(|error| BuildError::channel(&name, &format!("its thread can't be started: {error}")))
            })
    }

    /// What it is called.
    pub(crate) fn called(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Result<(), String> {
        let Settings {
            timeout,
            attempts,
            per_minute,
            queue,
            ..
        } = self.settings;
        if self.name.is_empty() || self.name.len() > 64 || self.name.contains(char::is_control) {
            return Err("its name must have 1 to 64 characters, none of them a control character".to_owned());
        }
        if timeout.is_zero() {
            return Err("timeout 0 s: nobody can answer in no time, say 10 s".to_owned());
        }
        if attempts == 0 || per_minute == 0 || queue == 0 {
            let set = format!("attempts {attempts}, per_minute {per_minute}, queue {queue}");
            return Err(format!("{set}: each must be at least 1"));
        }
        let sends_http = matches!(self.to, To::Webhook(_) | To::Slack(_) | To::Alertmanager(_));
        if !sends_http && !self.headers.is_empty() {
            return Err(format!(
                "the header {:?} has no effect: it does not send by HTTP",
                self.headers[0].0
            ));
        }
        Ok(())
    }

    fn connect(&self) -> Result<Transport, String> {
        Ok(match &self.to {
            To::Log => Transport::Log,
            To::Closure(closure) => Transport::Closure(closure.clone()),
            To::Webhook(url) => Transport::Webhook(self.post(Endpoint::parse(url.reveal())?)?),
            To::Slack(url) => Transport::Slack(self.post(Endpoint::parse(url.reveal())?)?),
            To::Alertmanager(peers) => {
                if peers.is_empty() {
                    return Err("it names no Alertmanager: write http://host:9093".to_owned());
                }
                let peer = |url: &Secret| self.post(Endpoint::parse(url.reveal())?.join("/api/v2/alerts")?);
                Transport::Alertmanager(Alertmanager::new(
                    peers.iter().map(peer).collect::<Result<_, String>>()?,
                ))
            }
            #[cfg(feature = "email")]
            To::Email(email) => Transport::Email(Box::new(Mailer::new(email)?)),
        })
    }

    fn post(&self, mut endpoint: Endpoint) -> Result<Post, String> {
        for (name, value) in &self.headers {
            endpoint.header(name, value)?;
        }
        Post::new(endpoint, self.authority.as_deref())
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            to,
            settings,
            headers,
            authority,
        } = self;
        f.debug_struct("Channel")
            .field("name", name)
            .field("to", to)
            .field("settings", settings)
            .field("headers", headers)
            .field("authority", &authority.is_some())
            .finish()
    }
}

// === impl To ===

impl To {
    /// A hash of the destination, which does not reveal it; 0 for a function.
    fn target(&self) -> u64 {
        let of = |kind: &str, parts: &[&str]| {
            let parts = parts
                .iter()
                .enumerate()
                .map(|(index, part)| (format!("{index:04}"), (*part).to_owned()));
            fingerprint(&parts.chain([("kind".to_owned(), kind.to_owned())]).collect())
        };
        match self {
            Self::Log | Self::Closure(_) => 0,
            Self::Webhook(url) => of("webhook", &[url.reveal()]),
            Self::Slack(url) => of("slack", &[url.reveal()]),
            // The peers of a cluster may change; it stays one destination.
            Self::Alertmanager(_) => of("alertmanager", &[]),
            #[cfg(feature = "email")]
            Self::Email(email) => of("email", &email.recipients().map(String::as_str).collect::<Vec<_>>()),
        }
    }
}

impl fmt::Debug for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = |url: &Secret| Endpoint::parse(url.reveal()).map_or("?".to_owned(), |endpoint| endpoint.origin());
        match self {
            Self::Log => f.write_str("log"),
            Self::Closure(_) => f.write_str("closure"),
            Self::Webhook(url) => write!(f, "webhook {}", origin(url)),
            Self::Slack(url) => write!(f, "slack {}", origin(url)),
            Self::Alertmanager(peers) => {
                let peers: Vec<_> = peers.iter().map(origin).collect();
                write!(f, "alertmanager {}", peers.join(", "))
            }
            #[cfg(feature = "email")]
            Self::Email(email) => write!(f, "{email:?}"),
        }
    }
}
