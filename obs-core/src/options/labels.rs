//! Labels of a layer's own.

use obs_base::InitError;

use crate::{
    metrics::{Convention, RedOptions},
    names::target,
};

/// A label and the values that it may have.
pub(crate) type LabelList = (String, Vec<String>);

/// The labels of a layer, and why others are not among them.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnLabels {
    accepted: Vec<LabelList>,
    refused: Vec<String>,
}

// === impl OwnLabels ===

impl OwnLabels {
    /// Takes a label, if it can be one; a layer must not fail over it.
    pub(crate) fn add(&mut self, label: LabelList) -> bool {
        self.accepted.push(label);
        let Err(error) = check(&self.accepted) else { return true };
        self.accepted.pop();
        self.refused.push(error.to_string());
        false
    }

    pub(crate) fn accepted(&self) -> &[LabelList] {
        &self.accepted
    }

    /// Says what was left out.
    pub(crate) fn warn(&self) {
        for error in &self.refused {
            tracing::warn!(target: target::OBS, error, "a label of a layer is left out");
        }
    }
}

/// Under either convention: the one may be chosen after the label.
fn check(labels: &[LabelList]) -> Result<(), InitError> {
    [Convention::Prometheus, Convention::OpenTelemetry]
        .into_iter()
        .try_for_each(|convention| {
            RedOptions {
                convention,
                labels: labels.to_vec(),
                ..RedOptions::default()
            }
            .validate()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::MAX_LABELS;

    fn add(labels: &mut OwnLabels, name: &str, values: &[&str]) -> bool {
        labels.add((
            name.to_owned(),
            values.iter().map(|value| (*value).to_owned()).collect(),
        ))
    }

    #[test]
    fn a_label_that_can_not_be_is_left_out_with_the_reason() {
        let mut labels = OwnLabels::default();
        assert!(add(&mut labels, "tier", &["free", "paid"]));
        for name in [
            "tier",
            "a-b",
            "",
            "__tier",
            "le",
            "method",
            "http_route",
            "url_scheme",
            "host",
            "outcome",
        ] {
            assert!(!add(&mut labels, name, &["a"]), "{name}");
        }
        assert!(!add(&mut labels, "region", &[]));
        assert!(!add(&mut labels, "region", &["eu", ""]));
        assert!(add(&mut labels, "region", &["eu"]));
        assert_eq!(
            labels
                .accepted()
                .iter()
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>(),
            ["tier", "region"]
        );
        let expected = "label is \"tier\", expected a label name that is not taken, [a-zA-Z_][a-zA-Z0-9_]*";
        assert_eq!((labels.refused[0].as_str(), labels.refused.len()), (expected, 12));
        assert!(labels.refused[10].contains("region"), "{:?}", labels.refused);
    }

    #[test]
    fn there_are_eight_at_most() {
        let mut labels = OwnLabels::default();
        let taken = (0..10)
            .filter(|n| add(&mut labels, &format!("label_{n}"), &["a"]))
            .count();
        assert_eq!((taken, labels.accepted().len()), (MAX_LABELS, MAX_LABELS));
    }
}
