//! Sending spans.

use opentelemetry::KeyValue;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};

use super::worker::BatchExporter;

/// Sends spans through an exporter of the SDK.
#[derive(Debug)]
pub(super) struct Spans<E>(pub(super) E);

// === impl Spans ===

impl<E: SpanExporter> BatchExporter for Spans<E> {
    type Item = SpanData;

    fn export(&self, mut batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> {
        for span in &mut batch {
            keep_last(&mut span.attributes);
        }
        self.0.export(batch)
    }
}

/// Leaves one value per key, the latest. The SDK appends, OTLP wants keys to be unique; here it costs
/// no request anything.
fn keep_last(attributes: &mut Vec<KeyValue>) {
    let mut at = 0;
    while at < attributes.len() {
        let (known, later) = attributes.split_at_mut(at + 1);
        if later.iter().any(|other| other.key == known[at].key) {
            attributes.remove(at);
        } else {
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_values_for_a_key_the_last_stays() {
        let pairs = |list: &[(&'static str, i64)]| {
            list.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect::<Vec<_>>()
        };
        let mut attributes = pairs(&[("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5), ("b", 6)]);
        keep_last(&mut attributes);
        assert_eq!(attributes, pairs(&[("a", 3), ("c", 4), ("b", 6)]));
    }
}
