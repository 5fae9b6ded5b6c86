//! Dashboards, rows, annotations, variables, links, data sources.

use obs_rules::promql::Expr;
use serde::Serialize;

use super::{GridPos, Panel};

/// A dashboard.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dashboard {
    /// Always null: Grafana assigns it.
    pub(crate) id: Option<u32>,
    pub(crate) uid: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) tags: Vec<String>,
    pub(crate) editable: bool,
    pub(crate) graph_tooltip: u8,
    pub(crate) schema_version: u32,
    pub(crate) timezone: &'static str,
    pub(crate) refresh: &'static str,
    pub(crate) time: TimeRange,
    pub(crate) templating: Templating,
    pub(crate) annotations: Annotations,
    pub(crate) links: Vec<Link>,
    pub(crate) panels: Vec<Item>,
}

/// The time range at first.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct TimeRange {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

/// The variables.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Templating {
    pub(crate) list: Vec<Variable>,
}

/// A row heading or a panel.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Item {
    Row(Row),
    Panel(Box<Panel>),
}

/// A row heading; its panels follow it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(crate) id: u32,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) title: String,
    pub(crate) collapsed: bool,
    pub(crate) grid_pos: GridPos,
    pub(crate) panels: Vec<Panel>,
}

/// The annotations.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Annotations {
    pub(crate) list: Vec<Annotation>,
}

/// A mark in all panels wherever the query has a value.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Annotation {
    pub(crate) name: &'static str,
    pub(crate) datasource: DataSource,
    pub(crate) enable: bool,
    pub(crate) icon_color: &'static str,
    pub(crate) expr: Expr,
    pub(crate) step: &'static str,
    pub(crate) title_format: &'static str,
    pub(crate) text_format: &'static str,
    pub(crate) tag_keys: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    pub(crate) label: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    datasource: Option<DataSource>,
    pub(crate) query: String,
    refresh: u8,
    hide: u8,
    sort: u8,
    multi: bool,
    include_all: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_value: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Current>,
}

/// What is chosen at first.
#[derive(Clone, Debug, Serialize)]
struct Current {
    text: String,
    value: String,
}

// === impl Variable ===

impl Variable {
    /// A choice of data sources of one kind; the first one at first.
    pub(crate) fn data_source(name: &'static str, kind: &str, label: &'static str) -> Self {
        Self {
            kind: "datasource",
            datasource: None,
            // With the dashboard.
            refresh: 1,
            multi: false,
            all_value: None,
            current: None,
            ..Self::values(name, label, kind.to_owned())
        }
    }

    /// A choice of one or more values that a Prometheus query returns.
    pub(crate) fn values(name: &'static str, label: &'static str, query: String) -> Self {
        Self {
            name,
            kind: "query",
            label,
            datasource: Some(DataSource::PROMETHEUS),
            query,
            // With the time range.
            refresh: 2,
            hide: 0,
            sort: 1,
            multi: true,
            include_all: false,
            all_value: Some(".+"),
            current: None,
        }
    }

    /// Adds the choice of all values, which is selected at first.
    pub(crate) fn with_all(mut self) -> Self {
        self.include_all = true;
        self.current = Some(Current {
            text: "All".to_owned(),
            value: "$__all".to_owned(),
        });
        self
    }

    /// Allows one value at a time.
    pub(crate) fn single(mut self) -> Self {
        self.multi = false;
        self.all_value = None;
        self
    }

    /// Sets the value that is selected at first.
    pub(crate) fn current(mut self, value: &str) -> Self {
        self.current = Some(Current {
            text: value.to_owned(),
            value: value.to_owned(),
        });
        self
    }

    /// Hides the variable.
    pub(crate) fn hidden(mut self) -> Self {
        self.hide = 2;
        self
    }
}

/// A link of a dashboard or panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "Grafana's keys, one by one")]
pub(crate) struct Link {
    pub(crate) title: String,
    #[serde(rename = "type")]
    kind: &'static str,
    icon: &'static str,
    tooltip: &'static str,
    tags: Vec<String>,
    as_dropdown: bool,
    target_blank: bool,
    include_vars: bool,
    keep_time: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
}

/// A link of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataLink {
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) target_blank: bool,
}

// === impl Link ===

impl Link {
    /// A link to a page.
    pub(crate) fn page(title: impl Into<String>, url: impl Into<String>, tooltip: &'static str) -> Self {
        Self {
            title: title.into(),
            kind: "link",
            icon: "doc",
            tooltip,
            tags: Vec::new(),
            as_dropdown: false,
            target_blank: true,
            include_vars: false,
            keep_time: false,
            url: Some(url.into()),
        }
    }

    /// Links to all dashboards with these tags, with the same time range.
    pub(crate) fn dashboards(title: impl Into<String>, tags: Vec<String>) -> Self {
        Self {
            title: title.into(),
            kind: "dashboards",
            icon: "external link",
            tooltip: "The other dashboards of this service, with the same time range",
            tags,
            as_dropdown: false,
            target_blank: false,
            include_vars: true,
            keep_time: true,
            url: None,
        }
    }
}

/// A data source, by a variable of the dashboard, so that its name does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DataSource {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) uid: &'static str,
}

// === impl DataSource ===

impl DataSource {
    pub(crate) const PROMETHEUS: Self = Self {
        kind: "prometheus",
        uid: "${prometheus_datasource}",
    };
    pub(crate) const LOKI: Self = Self {
        kind: "loki",
        uid: "${loki_datasource}",
    };
    pub(crate) const TEMPO: Self = Self {
        kind: "tempo",
        uid: "${tempo_datasource}",
    };
}
