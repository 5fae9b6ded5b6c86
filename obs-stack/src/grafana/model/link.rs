//! Links of dashboards, panels and values.

use serde::Serialize;

/// A link of a dashboard or of a panel.
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
    /// To a page.
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

    /// To all dashboards with these tags, at the same time.
    pub(crate) fn dashboards(title: impl Into<String>, tags: Vec<String>) -> Self {
        Self {
            title: title.into(),
            kind: "dashboards",
            icon: "external link",
            tooltip: "The other dashboards of this service, at the same time",
            tags,
            as_dropdown: false,
            target_blank: false,
            include_vars: true,
            keep_time: true,
            url: None,
        }
    }
}
