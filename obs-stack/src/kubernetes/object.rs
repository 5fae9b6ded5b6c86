//! What all objects have.

use obs_rules::definition::Service;

use crate::{text::shortened, yaml::Yaml};

/// The bytes that what makes an object grow may have: `kubectl apply` notes the whole object in an annotation, and those
/// have 256 KiB at most. The rest is for the object's head and for what its JSON has more than its YAML.
pub(super) const LARGEST: usize = 180_000;

/// The longest name of an object.
const LONGEST: usize = 253;

/// An object: its kind, its name, its labels; the rest is added.
pub(super) fn object(api_version: &str, kind: &str, name: &str, labels: &[(&str, &str)]) -> Yaml {
    let labels = labels.iter().map(|(key, value)| (*key, Yaml::from(*value)));
    let metadata = Yaml::map([("name", self::name(name).into()), ("labels", Yaml::map(labels))]);
    Yaml::map([("apiVersion", api_version.into()), ("kind", kind.into()), ("metadata", metadata)])
}

/// The labels of what belongs to a service. Prometheus Operator, as the chart kube-prometheus-stack
/// sets it up, looks at objects with the chart's own `release` only.
pub(super) fn labels(service: &Service) -> [(&'static str, &str); 2] {
    [("app.kubernetes.io/name", &service.name), ("release", "kube-prometheus-stack")]
}

/// A name as objects may have one: lower case, digits, `-` and `.`, beginning and ending with a letter
/// or digit.
pub(super) fn name(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let name: String = lower.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() { "unnamed".to_owned() } else { shortened(name, LONGEST) }
}
