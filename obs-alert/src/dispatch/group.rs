//! Alerts that are told together.

use std::collections::BTreeMap;

use crate::Alert;

/// A message with more would be read by nobody, and refused by some.
const MOST: usize = 200;

/// The alerts by the values of these labels, each group in one message or a few.
pub(super) fn groups(alerts: Vec<Alert>, by: &[String]) -> Vec<(BTreeMap<String, String>, Vec<Alert>)> {
    let mut groups: BTreeMap<BTreeMap<String, String>, Vec<Alert>> = BTreeMap::new();
    for alert in alerts {
        let labels = by.iter().filter_map(|label| alert.labels().get_key_value(label));
        let labels = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
        groups.entry(labels).or_default().push(alert);
    }
    let parts = |(labels, alerts): (BTreeMap<String, String>, Vec<Alert>)| {
        let parts: Vec<_> = alerts.chunks(MOST).map(|part| (labels.clone(), part.to_vec())).collect();
        parts
    };
    groups.into_iter().flat_map(parts).collect()
}
