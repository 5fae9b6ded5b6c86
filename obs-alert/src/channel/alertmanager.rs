//! Alertmanager's API, version 2.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Notification, post::Post, send_error::SendError};
use crate::{Alert, time::rfc3339};

/// All peers of a cluster: each must be told, as they tell each other only what they have sent.
pub(crate) struct Alertmanager {
    peers: Vec<Post>,
}

// === impl Alertmanager ===

impl Alertmanager {
    pub(super) const fn new(peers: Vec<Post>) -> Self {
        Self { peers }
    }

    /// It is told if one peer is.
    pub(super) fn send(&self, notification: &Notification, timeout: Duration) -> Result<(), SendError> {
        let body = body(notification);
        let each = timeout / u32::try_from(self.peers.len()).unwrap_or(u32::MAX).max(1);
        let answers: Vec<_> = self.peers.iter().map(|peer| peer.send(body.clone(), each)).collect();
        if answers.iter().any(Result::is_ok) {
            return Ok(());
        }
        answers.into_iter().find_map(Result::err).map_or(Ok(()), Err)
    }
}

fn body(notification: &Notification) -> Vec<u8> {
    let alerts: Vec<_> = notification.alerts().iter().map(|alert| item(alert, notification)).collect();
    Value::from(alerts).to_string().into_bytes()
}

fn item(alert: &Alert, notification: &Notification) -> Value {
    json!({
        "labels": alert.labels(),
        "annotations": alert.annotations(),
        "startsAt": rfc3339(alert.fired_at().unwrap_or_else(|| alert.active_at())),
        "endsAt": rfc3339(alert.resolved_at().unwrap_or(notification.stamp.expires_at)),
        "generatorURL": &*notification.stamp.external_url,
    })
}
