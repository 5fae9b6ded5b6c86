//! A dashboard.

use serde::Serialize;

use super::{Annotations, GridPos, Link, Panel, Variable};

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dashboard {
    /// Assigned by Grafana.
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

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct TimeRange {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Templating {
    pub(crate) list: Vec<Variable>,
}

/// What stands on a dashboard.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Item {
    Row(Row),
    Panel(Box<Panel>),
}

/// A heading.
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
