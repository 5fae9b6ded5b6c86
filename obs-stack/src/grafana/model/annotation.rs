//! Events that are drawn into every panel.

use serde::Serialize;

use super::DataSource;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Annotations {
    pub(crate) list: Vec<Annotation>,
}

/// Events: where the query has a value.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Annotation {
    pub(crate) name: &'static str,
    pub(crate) datasource: DataSource,
    pub(crate) enable: bool,
    pub(crate) icon_color: &'static str,
    pub(crate) expr: String,
    pub(crate) step: &'static str,
    pub(crate) title_format: &'static str,
    pub(crate) text_format: &'static str,
    pub(crate) tag_keys: &'static str,
}
