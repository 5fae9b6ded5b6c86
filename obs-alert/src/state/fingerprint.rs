//! The fingerprint of an alert.

use std::collections::BTreeMap;

/// The fingerprint that Alertmanager gives to these labels: FNV-1a over names and values, sorted.
pub(crate) fn fingerprint(labels: &BTreeMap<String, String>) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    labels.iter().fold(BASIS, |hash, (key, value)| {
        let hash = add(hash, key.bytes().chain([0xff]));
        add(hash, value.bytes().chain([0xff]))
    })
}

fn add(hash: u64, bytes: impl Iterator<Item = u8>) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}
