//! Dashboards as data: Grafana's classic JSON of schema 42, as far as it is used here.
//! Names and nesting are those of the package `@grafana/schema`.

mod dashboard;
mod options;
mod panel;
mod target;

pub(crate) use dashboard::{
    Annotation, Annotations, Dashboard, DataLink, DataSource, Item, Link, Row, Templating, TimeRange, Variable,
};
pub(crate) use options::{
    Color, Custom, Defaults, ExemplarColor, FieldConfig, HeatmapAxis, HeatmapColor, HeatmapLegend, HeatmapTooltip,
    Legend, Options, Override, Property, Reduce, SortBy, Style, Thresholds, Tooltip,
};
pub(crate) use panel::{GridPos, Panel, Transformation};
pub(crate) use target::Target;
