//! Inhibitions of alerts by others.

use super::matchers::{Matchers, Matching};

/// While a source fires, targets with the same values of some labels are not notified.
///
/// By default critical alerts inhibit the others of the same `slo`.
///
/// As in Alertmanager, an alert that is both a source and a target is not inhibited by another one that is both, and
/// so never by itself. Inhibitions by which alerts inhibit each other are refused; if only the labels of
/// series cause that, all of them are notified.
///
/// ```
/// use obs_alert::Inhibition;
///
/// let outage_mutes_pools = Inhibition::new()
///     .source("alertname", "DatabaseDown")
///     .target_matching("alertname", "Pool.*")
///     .equal(["cluster"]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "an inhibition does nothing until it is given to an `AlertManager`"]
pub struct Inhibition {
    source: Matchers,
    target: Matchers,
    equal: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Ready {
    pub(super) source: Matching,
    pub(super) target: Matching,
    pub(super) equal: Vec<String>,
}

// === impl Inhibition ===

impl Default for Inhibition {
    fn default() -> Self {
        let slo = |matchers: Matchers| matchers.edit(|selector| selector.without("slo", ""));
        Self {
            source: slo(Matchers::default()).edit(|selector| selector.with("severity", "critical")),
            target: slo(Matchers::default()).edit(|selector| selector.without("severity", "critical")),
            equal: vec!["slo".to_owned(), "service".to_owned()],
        }
    }
}

impl Inhibition {
    /// An inhibition without matchers. It needs at least one of the source and one of the target; without them it is
    /// refused when the manager is built.
    pub fn new() -> Self {
        Self {
            source: Matchers::default(),
            target: Matchers::default(),
            equal: Vec::new(),
        }
    }

    /// Sources have this value of `label`.
    pub fn source(mut self, label: &str, value: &str) -> Self {
        self.source = self.source.edit(|selector| selector.with(label, value));
        self
    }

    /// Sources have a value of `label` that matches a regular expression.
    pub fn source_matching(mut self, label: &str, regex: &str) -> Self {
        self.source = self.source.edit(|selector| selector.matching(label, regex));
        self
    }

    /// Targets have this value of `label`.
    pub fn target(mut self, label: &str, value: &str) -> Self {
        self.target = self.target.edit(|selector| selector.with(label, value));
        self
    }

    /// Targets have a value of `label` that matches a regular expression.
    pub fn target_matching(mut self, label: &str, regex: &str) -> Self {
        self.target = self.target.edit(|selector| selector.matching(label, regex));
        self
    }

    /// Source and target must have the same values of these labels; a missing label is empty.
    pub fn equal<L: Into<String>>(mut self, labels: impl IntoIterator<Item = L>) -> Self {
        self.equal = labels.into_iter().map(Into::into).collect();
        self
    }

    pub(super) fn ready(self) -> Result<Ready, String> {
        if self.source.list().is_empty() || self.target.list().is_empty() {
            return Err("an inhibition needs a source and a target: say which alerts mute which".to_owned());
        }
        let source = self.source.ready().map_err(|error| error.to_string())?;
        let target = self.target.ready().map_err(|error| error.to_string())?;
        Ok(Ready {
            source,
            target,
            equal: self.equal,
        })
    }
}
