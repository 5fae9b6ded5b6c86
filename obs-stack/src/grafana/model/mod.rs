//! Dashboards as Grafana's classic JSON of schema 42, as far as we use it: names and nesting are those of
//! the package `@grafana/schema`.

mod annotation;
mod dashboard;
mod data_source;
mod field;
mod link;
mod options;
mod panel;
mod target;
mod transformation;
mod variable;

pub(crate) use annotation::{Annotation, Annotations};
pub(crate) use dashboard::{Dashboard, Item, Row, Templating, TimeRange};
pub(crate) use data_source::DataSource;
pub(crate) use field::{Color, Custom, Defaults, FieldConfig, Override, Property, Style, Thresholds};
pub(crate) use link::{DataLink, Link};
pub(crate) use options::{
    ExemplarColor, HeatmapAxis, HeatmapColor, HeatmapLegend, HeatmapTooltip, Legend, Options, Reduce, SortBy, Tooltip,
};
pub(crate) use panel::{GridPos, Panel};
pub(crate) use target::Target;
pub(crate) use transformation::Transformation;
pub(crate) use variable::Variable;
