//! Alerts that are sent together.

use std::collections::BTreeMap;

use crate::Alert;

/// The largest number of alerts in a message; some receivers refuse more.
const MOST: usize = 200;
/// The largest size of a message in bytes; a single alert can be larger.
const MOST_BYTES: usize = 512 * 1024;

/// Groups alerts by the values of these labels, and divides groups that are too large for one message.
pub(super) fn groups(alerts: Vec<Alert>, by: &[String]) -> Vec<(BTreeMap<String, String>, Vec<Alert>)> {
    let mut groups: BTreeMap<BTreeMap<String, String>, Vec<Alert>> = BTreeMap::new();
    for alert in alerts {
        let labels = by.iter().filter_map(|label| alert.labels().get_key_value(label));
        let labels = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
        groups.entry(labels).or_default().push(alert);
    }
    groups
        .into_iter()
        .flat_map(|(labels, alerts)| parts(alerts).into_iter().map(move |part| (labels.clone(), part)))
        .collect()
}

fn parts(alerts: Vec<Alert>) -> Vec<Vec<Alert>> {
    let (mut parts, mut part, mut bytes) = (Vec::new(), Vec::new(), 0);
    for alert in alerts {
        let size = alert.bytes();
        if !part.is_empty() && (part.len() >= MOST || bytes + size > MOST_BYTES) {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += size;
        part.push(alert);
    }
    parts.push(part);
    parts
}
