//! What can be chosen at the top of a dashboard.

use serde::Serialize;

use super::DataSource;

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
pub(crate) struct Current {
    text: String,
    value: String,
}

// === impl Variable ===

impl Variable {
    /// A data source of a kind; the first of its kind unless another is chosen.
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

    /// One or many of the values that a query to Prometheus gives.
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

    /// With a choice of all, which is the first one.
    pub(crate) fn with_all(mut self) -> Self {
        self.include_all = true;
        self.current = Some(Current { text: "All".to_owned(), value: "$__all".to_owned() });
        self
    }

    /// One value at a time.
    pub(crate) fn single(mut self) -> Self {
        self.multi = false;
        self.all_value = None;
        self
    }

    /// The first choice.
    pub(crate) fn current(mut self, value: &str) -> Self {
        self.current = Some(Current { text: value.to_owned(), value: value.to_owned() });
        self
    }

    /// Not shown: there is nothing to choose.
    pub(crate) fn hidden(mut self) -> Self {
        self.hide = 2;
        self
    }
}
