//! Rule files.

use std::collections::BTreeMap;

use obs_rules::{definition::Service, promql::Expr};

use crate::yaml::Yaml;

/// Rules that are evaluated one after the other, so that the later ones see what the earlier recorded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) interval: &'static str,
    pub(crate) rules: Vec<Rule>,
}

/// A rule. What a group could say for all its rules (labels, since Prometheus 3) is said by each: 2.42
/// refuses the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rule {
    pub(crate) record: String,
    pub(crate) alert: String,
    pub(crate) expr: String,
    pub(crate) hold_for: Option<String>,
    pub(crate) keep_firing_for: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

/// How often what others add up is recorded: each sample stands for a minute.
pub(crate) const EACH_MINUTE: &str = "1m";
/// How often a group is evaluated whose windows are short.
pub(crate) const OFTEN: &str = "30s";
/// How often a group is evaluated that looks back for hours.
pub(crate) const SELDOM: &str = "2m";

/// All that a rule file says.
pub(crate) fn document(groups: &[Group]) -> Yaml {
    Yaml::map([("groups", Yaml::list(groups.iter().map(Group::yaml)))])
}

// === impl Group ===

impl Group {
    /// Nothing, if there are no rules.
    pub(crate) fn new(name: String, interval: &'static str, rules: Vec<Rule>) -> Option<Self> {
        (!rules.is_empty()).then_some(Self { name, interval, rules })
    }

    fn yaml(&self) -> Yaml {
        Yaml::map([
            ("name", (&self.name).into()),
            ("interval", self.interval.into()),
            ("rules", Yaml::list(self.rules.iter().map(Rule::yaml))),
        ])
    }
}

// === impl Rule ===

impl Rule {
    /// A recording rule whose series carries the `job` of its service.
    pub(crate) fn record(service: &Service, name: impl Into<String>, expr: &Expr) -> Self {
        let labels = BTreeMap::from([("job".to_owned(), service.name.clone())]);
        Self { record: name.into(), expr: expr.to_string(), labels, ..Self::default() }
    }

    pub(crate) fn label(mut self, key: &str, value: impl Into<String>) -> Self {
        self.labels.insert(key.to_owned(), value.into());
        self
    }

    fn yaml(&self) -> Yaml {
        let Self { record, alert, expr, hold_for, keep_firing_for, labels, annotations } = self;
        let texts = [
            ("record", Some(record).filter(|name| !name.is_empty())),
            ("alert", Some(alert).filter(|name| !name.is_empty())),
            ("expr", Some(expr)),
            ("for", hold_for.as_ref()),
            ("keep_firing_for", keep_firing_for.as_ref()),
        ];
        let maps = [("labels", labels), ("annotations", annotations)];
        let texts = texts.into_iter().filter_map(|(key, text)| Some((key, text?.into())));
        let maps = maps
            .into_iter()
            .filter(|(_, map)| !map.is_empty())
            .map(|(key, map)| (key, Yaml::Map(map.iter().map(|(key, value)| (key.clone(), value.into())).collect())));
        Yaml::map(texts.chain(maps))
    }
}
