//! Alertmanager's API, version 2.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use obs_base::calendar::rfc3339;
use serde_json::{Value, json};

use super::{Notification, post::Post, send_error::SendError};
use crate::{Alert, time::millis};

/// All peers of a cluster: each must be notified, as they share only which notifications they have sent.
pub(crate) struct Alertmanager {
    peers: Vec<Peer>,
}

struct Peer {
    post: Post,
    /// What its clock is ahead of ours, in milliseconds, if that is more than [`TOLERATED`]: an alert whose end
    /// has passed by its clock does not fire there.
    ahead: AtomicI64,
}

/// Clocks may differ by this, in milliseconds.
const TOLERATED: u64 = 60_000;

// === impl Alertmanager ===

impl Alertmanager {
    pub(super) fn new(peers: Vec<Post>) -> Self {
        Self {
            peers: peers
                .into_iter()
                .map(|post| Peer {
                    post,
                    ahead: AtomicI64::new(0),
                })
                .collect(),
        }
    }

    /// It is notified if one peer is.
    pub(super) fn send(&self, notification: &Notification, timeout: Duration) -> Result<(), SendError> {
        let each = timeout / u32::try_from(self.peers.len()).unwrap_or(u32::MAX).max(1);
        let answers: Vec<_> = self.peers.iter().map(|peer| peer.post(notification, each)).collect();
        if answers.iter().any(Result::is_ok) {
            return Ok(());
        }
        answers.into_iter().find_map(Result::err).map_or(Ok(()), Err)
    }
}

// === impl Peer ===

impl Peer {
    fn post(&self, notification: &Notification, timeout: Duration) -> Result<(), SendError> {
        let assumed = self.ahead.load(Ordering::Relaxed);
        let Some(date) = self.post.send(&body(notification, assumed), timeout)? else {
            return Ok(());
        };
        let found = millis(date).saturating_sub(millis(notification.stamp.made_at()));
        let ahead = if found.unsigned_abs() > TOLERATED { found } else { 0 };
        if ahead.abs_diff(assumed) <= TOLERATED {
            return Ok(());
        }
        self.ahead.store(ahead, Ordering::Relaxed);
        self.post.send(&body(notification, ahead), timeout).map(drop)
    }
}

fn body(notification: &Notification, ahead: i64) -> Vec<u8> {
    let alerts: Vec<_> = notification
        .alerts()
        .iter()
        .map(|alert| item(alert, notification, ahead))
        .collect();
    Value::from(alerts).to_string().into_bytes()
}

fn item(alert: &Alert, notification: &Notification, ahead: i64) -> Value {
    let (began, ended) = notification.stamp.times(alert);
    let stamp = |time: Duration| {
        let shifted = millis(time).saturating_add(ahead);
        rfc3339(Duration::from_millis(u64::try_from(shifted).unwrap_or(0)))
    };
    json!({
        "labels": alert.labels(),
        "annotations": alert.annotations(),
        "startsAt": stamp(began),
        "endsAt": stamp(ended.unwrap_or(notification.stamp.expires_at())),
        "generatorURL": &*notification.stamp.external_url,
    })
}
