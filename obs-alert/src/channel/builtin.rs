//! The transports of channels.

use std::{fmt, time::Duration};

use obs_core::names::target;

#[cfg(feature = "email")]
use super::email::Mailer;
use super::{
    Notification, alertmanager::Alertmanager, closure::Closure, post::Post, send_error::SendError, slack, webhook,
};
use crate::{Alert, AlertState};

/// How a channel sends: one variant for each kind of receiver.
pub(crate) enum Transport {
    Log,
    Closure(Closure),
    Webhook(Post),
    Slack(Post),
    Alertmanager(Alertmanager),
    #[cfg(feature = "email")]
    Email(Box<Mailer>),
}

// === impl Transport ===

impl Transport {
    /// Sends, within `timeout`.
    pub(super) fn send(&self, notification: &Notification, timeout: Duration) -> Result<(), SendError> {
        match self {
            Self::Log => {
                notification.alerts().iter().for_each(log_line);
                Ok(())
            }
            Self::Closure(closure) => closure.send(notification),
            Self::Webhook(post) => post.send(&webhook::body(notification), timeout).map(drop),
            Self::Slack(post) => post.send(&slack::body(notification), timeout).map(drop),
            Self::Alertmanager(peers) => peers.send(notification, timeout),
            #[cfg(feature = "email")]
            Self::Email(mailer) => mailer.send(notification, timeout),
        }
    }

    /// Whether it gets all alerts in each interval: Alertmanager groups, silences and repeats by itself.
    pub(super) const fn is_stream(&self) -> bool {
        matches!(self, Self::Alertmanager(_))
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Log => "log",
            Self::Closure(_) => "closure",
            Self::Webhook(_) => "webhook",
            Self::Slack(_) => "slack",
            Self::Alertmanager(_) => "alertmanager",
            #[cfg(feature = "email")]
            Self::Email(_) => "email",
        })
    }
}

/// One event for each alert, at the level of its severity.
fn log_line(alert: &Alert) {
    let labels = serde_json::to_string(alert.labels()).unwrap_or_default();
    let runbook = alert.annotations().get("runbook_url").map_or("", String::as_str);
    macro_rules! event {
        ($level:expr) => {
            tracing::event!(
                target: target::ALERT,
                $level,
                alertname = alert.name(),
                severity_of_alert = alert.severity().as_str(),
                state = alert.state().as_str(),
                value = alert.value(),
                labels,
                runbook_url = runbook,
                "{}",
                alert.message(),
            )
        };
    }
    match (alert.state(), alert.severity()) {
        (AlertState::Firing, crate::Severity::Critical) => event!(tracing::Level::ERROR),
        (AlertState::Firing, crate::Severity::Warning) => event!(tracing::Level::WARN),
        _ => event!(tracing::Level::INFO),
    }
}
