//! The payload of Alertmanager's webhook, version 4, which its receivers accept from us too.

use std::collections::BTreeMap;

use obs_base::calendar::rfc3339;
use serde::Serialize;

use super::{Notification, Stamp};
use crate::Alert;

/// Alertmanager's value for a missing time.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    version: &'static str,
    group_key: String,
    truncated_alerts: u64,
    status: &'static str,
    receiver: &'a str,
    group_labels: &'a BTreeMap<String, String>,
    common_labels: BTreeMap<String, String>,
    common_annotations: BTreeMap<String, String>,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    alerts: Vec<Item<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    status: &'static str,
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
    fingerprint: String,
}

pub(super) fn body(notification: &Notification) -> Vec<u8> {
    let external_url = &*notification.stamp.external_url;
    let payload = Payload {
        version: "4",
        group_key: format!("{{}}:{}", braces(notification.group_labels())),
        truncated_alerts: 0,
        status: notification.status().as_str(),
        receiver: notification.receiver(),
        group_labels: notification.group_labels(),
        common_labels: notification.common_labels(),
        common_annotations: notification.common_annotations(),
        external_url,
        alerts: notification
            .alerts()
            .iter()
            .map(|alert| item(alert, &notification.stamp))
            .collect(),
    };
    // Maps of strings can always be written.
    serde_json::to_vec(&payload).unwrap_or_default()
}

fn item<'a>(alert: &'a Alert, stamp: &'a Stamp) -> Item<'a> {
    let (began, ended) = stamp.times(alert);
    Item {
        status: alert.state().as_str(),
        labels: alert.labels(),
        annotations: alert.annotations(),
        starts_at: rfc3339(began),
        ends_at: ended.map_or_else(|| NO_TIME.to_owned(), rfc3339),
        generator_url: &stamp.external_url,
        fingerprint: format!("{:016x}", alert.fingerprint()),
    }
}

/// `{alertname="HighErrorRate"}`
fn braces(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}
