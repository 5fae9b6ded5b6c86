//! Label values from closed lists, which each request brings with it.

use std::borrow::Cow;

use obs_base::InitError;

use super::layout::Layout;
use crate::{
    metrics::{clean, labels::Pair},
    names::{label, value},
};

/// The largest number of labels of its own that a layer can have: each multiplies the number of series of its RED
/// metrics.
pub const MAX_LABELS: usize = 8;

/// The values of a request's labels other than method, route and status.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DimensionValues<'a> {
    /// `http` or `https`; empty if unknown.
    pub(crate) scheme: &'a str,
    /// `1.0`, `1.1`, `2` or `3`; empty if unknown.
    pub(crate) protocol: &'a str,
    /// Values of the layer's own labels, in their order.
    pub(crate) labels: &'a [&'a str],
}

/// A label and the values that it may have; others are `_OTHER`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Dimension {
    key: String,
    values: Vec<String>,
    /// Whether there may be no value. The layer's own labels always have one: to Prometheus a series
    /// without would be that of a layer without the label.
    is_optional: bool,
}

/// The dimensions of a store: those of its convention, then the layer's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dimensions {
    list: Vec<Dimension>,
    /// Whether scheme and protocol come first.
    has_protocol: bool,
}

/// The values of all dimensions as one number, to be compared at once.
pub(super) type Code = u32;

/// Checks the labels of a layer.
///
/// # Errors
///
/// Says which label can't be and why.
pub(super) fn validate(layout: Layout, labels: &[(String, Vec<String>)]) -> Result<(), InitError> {
    if labels.len() > MAX_LABELS {
        return Err(InitError::invalid(
            "label",
            format_args!("{} labels", labels.len()),
            "at most 8 labels",
        ));
    }
    let mut taken: Vec<&str> = layout.route_keys().to_vec();
    taken.extend([layout.status_key(), label::OUTCOME, label::ERROR_TYPE, label::METRIC]);
    taken.extend([label::URL_SCHEME, label::NETWORK_PROTOCOL_VERSION]);
    for (key, values) in labels {
        let is_valid = !key.is_empty() && clean::label_name(key) == *key && !clean::is_reserved_label(key);
        if !is_valid || taken.contains(&key.as_str()) {
            return Err(InitError::invalid(
                "label",
                key,
                "a label name that is not taken, [a-zA-Z_][a-zA-Z0-9_]*",
            ));
        }
        if values.is_empty() || values.iter().any(String::is_empty) {
            let given = format_args!("{key} with the values {values:?}");
            return Err(InitError::invalid(
                "label",
                given,
                "a closed list of values, none of them empty",
            ));
        }
        taken.push(key);
    }
    let protocol = layout.protocol_dimensions();
    let mut choices = protocol.iter().chain(labels).map(|(_, values)| choices(values.len()));
    let combinations = choices.try_fold(1 as Code, |product, next| product.checked_mul(next?));
    match combinations {
        Some(_) => Ok(()),
        None => Err(InitError::invalid(
            "label",
            "too many values",
            "fewer than 2³² combinations of values",
        )),
    }
}

/// None, each of the list, and `_OTHER`.
fn choices(values: usize) -> Option<Code> {
    Code::try_from(values).ok()?.checked_add(2)
}

// === impl Dimensions ===

impl Dimensions {
    pub(super) fn new(layout: Layout, labels: &[(String, Vec<String>)]) -> Self {
        let protocol = layout.protocol_dimensions();
        let has_protocol = !protocol.is_empty();
        let protocol = protocol.into_iter().map(|(key, values)| Dimension {
            key,
            values,
            is_optional: true,
        });
        let own = labels.iter().cloned().map(|(key, values)| Dimension {
            key,
            values,
            is_optional: false,
        });
        Self {
            list: protocol.chain(own).collect(),
            has_protocol,
        }
    }

    /// The number of a request's label values.
    #[inline]
    pub(super) fn code(&self, of: &DimensionValues<'_>) -> Code {
        if self.list.is_empty() { 0 } else { self.code_of(of) }
    }

    fn code_of(&self, of: &DimensionValues<'_>) -> Code {
        let (mut code, mut weight): (Code, Code) = (0, 1);
        for (dimension, given) in self.values(of) {
            code = code.wrapping_add(dimension.index(given).wrapping_mul(weight));
            weight = weight.wrapping_mul(dimension.choices());
        }
        code
    }

    /// The labels of a number.
    pub(super) fn labels(&self, mut code: Code) -> impl Iterator<Item = Pair> + '_ {
        self.list.iter().map(move |dimension| {
            let index = code % dimension.choices();
            code /= dimension.choices();
            (Cow::Owned(dimension.key.clone()), dimension.value(index))
        })
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Cow<'static, str>> + '_ {
        self.list.iter().map(|dimension| Cow::Owned(dimension.key.clone()))
    }

    fn values<'a>(&'a self, of: &'a DimensionValues<'_>) -> impl Iterator<Item = (&'a Dimension, &'a str)> {
        let protocol = [of.scheme, of.protocol]
            .into_iter()
            .take(if self.has_protocol { 2 } else { 0 });
        let given = protocol.chain(of.labels.iter().copied()).chain(std::iter::repeat(""));
        self.list.iter().zip(given)
    }
}

// === impl Dimension ===

impl Dimension {
    /// 0 for no value, the last for one that is not in the list.
    fn index(&self, given: &str) -> Code {
        if given.is_empty() {
            return 0;
        }
        let at = self
            .values
            .iter()
            .position(|known| known == given)
            .unwrap_or(self.values.len());
        Code::try_from(at + 1).unwrap_or_default()
    }

    fn value(&self, index: Code) -> Cow<'static, str> {
        let at = index.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        match at.map(|at| self.values.get(at)) {
            None if self.is_optional => Cow::Borrowed(""),
            Some(Some(known)) => Cow::Owned(known.clone()),
            None | Some(None) => Cow::Borrowed(value::OTHER),
        }
    }

    fn choices(&self) -> Code {
        choices(self.values.len()).unwrap_or(Code::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Convention, red::layout::Side};

    fn layout(convention: Convention) -> Layout {
        Layout {
            side: Side::Server,
            convention,
        }
    }

    fn own(key: &str, values: &[&str]) -> (String, Vec<String>) {
        (key.to_owned(), values.iter().map(|value| (*value).to_owned()).collect())
    }

    fn labels(dimensions: &Dimensions, values: &DimensionValues<'_>) -> Vec<String> {
        dimensions
            .labels(dimensions.code(values))
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    }

    #[test]
    fn values_come_back_from_their_number() {
        let own = [own("tier", &["free", "paid"]), own("region", &["eu", "us", "ap"])];
        let dimensions = Dimensions::new(layout(Convention::Prometheus), &own);
        for (tier, shown) in [("free", "free"), ("paid", "paid"), ("gold", "_OTHER"), ("", "_OTHER")] {
            for region in ["eu", "us", "ap"] {
                let values = DimensionValues {
                    labels: &[tier, region],
                    ..DimensionValues::default()
                };
                assert_eq!(
                    labels(&dimensions, &values),
                    [format!("tier={shown}"), format!("region={region}")]
                );
            }
        }
        assert_eq!(
            labels(&dimensions, &DimensionValues::default()),
            ["tier=_OTHER", "region=_OTHER"]
        );
    }

    #[test]
    fn scheme_and_protocol_stand_before_the_own_labels() {
        let dimensions = Dimensions::new(layout(Convention::OpenTelemetry), &[own("tier", &["free"])]);
        let values = DimensionValues {
            scheme: "https",
            protocol: "9",
            labels: &["free"],
        };
        assert_eq!(
            labels(&dimensions, &values),
            ["url_scheme=https", "network_protocol_version=_OTHER", "tier=free"]
        );
    }

    #[test]
    fn labels_that_can_not_be_are_refused() {
        let refused = |labels: &[(String, Vec<String>)]| validate(layout(Convention::Prometheus), labels).is_err();
        for key in ["", "a-b", "__a", "le", "method", "outcome", "5"] {
            assert!(refused(&[own(key, &["x"])]), "{key}");
        }
        assert!(refused(&[own("a", &["x"]), own("a", &["x"])]));
        assert!(refused(
            &(0..9).map(|n| own(&format!("l{n}"), &["x"])).collect::<Vec<_>>()
        ));
        assert!(refused(&[own("tier", &[])]) && refused(&[own("tier", &["free", ""])]));
        let many: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
        assert!(refused(&[("a".to_owned(), many.clone()), ("b".to_owned(), many)]));
        assert!(!refused(&[own("tier", &["free", "paid"])]));
    }
}
