//! The fingerprint of an alert.

use std::collections::BTreeMap;

use obs_base::fnv::Fnv1a;

/// The fingerprint that Alertmanager gives to these labels: FNV-1a over names and values, sorted.
pub(crate) fn fingerprint(labels: &BTreeMap<String, String>) -> u64 {
    let mut hash = Fnv1a::default();
    for (name, value) in labels {
        hash.add_text(name);
        hash.add_text(value);
    }
    hash.finish()
}
