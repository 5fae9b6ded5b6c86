//! Panels and transformations.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Color, Custom, DataLink, DataSource, Defaults, ExemplarColor, FieldConfig, HeatmapAxis, HeatmapColor,
    HeatmapLegend, HeatmapTooltip, Legend, Link, Options, Override, Reduce, SortBy, Style, Target, Thresholds, Tooltip,
};

/// A panel; built from its type by the functions below.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Panel {
    pub(crate) id: u32,
    #[serde(rename = "type")]
    pub(crate) kind: PanelType,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) datasource: DataSource,
    pub(crate) grid_pos: GridPos,
    pub(crate) links: Vec<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<&'static str>,
    pub(crate) field_config: FieldConfig,
    pub(crate) options: Options,
    pub(crate) targets: Vec<Target>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transformations: Vec<Transformation>,
}

/// The type of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PanelType {
    Stat,
    TimeSeries,
    Heatmap,
    Table,
    Logs,
}

/// A rectangle on the grid of 24 columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct GridPos {
    pub(crate) h: u32,
    pub(crate) w: u32,
    pub(crate) x: u32,
    pub(crate) y: u32,
}

// === impl Panel ===

impl Panel {
    /// One large value.
    pub(crate) fn stat(unit: &'static str) -> Self {
        let options = Options::Stat {
            reduce_options: Reduce {
                calcs: ["lastNotNull"],
                fields: "",
                values: false,
            },
            orientation: "auto",
            color_mode: "background",
            graph_mode: "none",
            justify_mode: "auto",
            text_mode: "auto",
            percent_change_color_mode: "standard",
            show_percent_change: false,
            wide_layout: true,
        };
        Self::new(PanelType::Stat, unit, "thresholds", options)
    }

    /// Values over time.
    pub(crate) fn time_series(unit: &'static str) -> Self {
        let legend = Legend {
            calcs: vec!["lastNotNull", "max"],
            display_mode: "table",
            placement: "bottom",
            show_legend: true,
        };
        let tooltip = Tooltip {
            mode: "multi",
            sort: "desc",
        };
        let mut panel = Self::new(
            PanelType::TimeSeries,
            unit,
            "palette-classic",
            Options::TimeSeries { legend, tooltip },
        );
        panel.field_config.defaults.custom = Some(Custom {
            draw_style: "line",
            line_width: 1,
            fill_opacity: 10,
            show_points: "never",
            axis_soft_min: 0.0,
            axis_soft_max: None,
            stacking: Style { mode: "none" },
            thresholds_style: Style { mode: "off" },
        });
        panel
    }

    /// The distribution of values over time.
    pub(crate) fn heatmap(unit: &'static str) -> Self {
        let options = Options::Heatmap {
            // The buckets are there already.
            calculate: false,
            cell_gap: 1,
            color: HeatmapColor {
                mode: "scheme",
                scheme: "Oranges",
                fill: "dark-orange",
                exponent: 0.5,
                reverse: false,
                steps: 64,
            },
            exemplars: ExemplarColor {
                color: "rgba(31, 120, 193, 0.9)",
            },
            legend: HeatmapLegend { show: true },
            show_value: "never",
            tooltip: HeatmapTooltip {
                mode: "single",
                show_color_scale: true,
                y_histogram: true,
            },
            y_axis: HeatmapAxis {
                axis_placement: "left",
                reverse: false,
                unit,
            },
        };
        Self::new(PanelType::Heatmap, unit, "thresholds", options)
    }

    /// A table, sorted by a column.
    pub(crate) fn table(sort_by: &'static str) -> Self {
        let sort_by = vec![SortBy {
            display_name: sort_by,
            desc: true,
        }];
        let options = Options::Table {
            cell_height: "sm",
            frame_index: 0,
            show_header: true,
            sort_by,
        };
        Self::new(PanelType::Table, "short", "thresholds", options)
    }

    /// Log lines.
    pub(crate) fn logs() -> Self {
        let options = Options::Logs {
            dedup_strategy: "none",
            enable_log_details: true,
            prettify_log_message: false,
            show_common_labels: false,
            show_labels: false,
            show_log_context_toggle: true,
            show_time: true,
            sort_order: "Descending",
            wrap_log_message: true,
        };
        let mut panel = Self::new(PanelType::Logs, "none", "thresholds", options);
        panel.datasource = DataSource::LOKI;
        panel
    }

    fn new(kind: PanelType, unit: &'static str, color: &'static str, options: Options) -> Self {
        let defaults = Defaults {
            unit,
            min: None,
            max: None,
            no_value: "no data",
            color: Color { mode: color },
            thresholds: Thresholds::none(),
            links: Vec::new(),
            custom: None,
        };
        Self {
            id: 0,
            kind,
            title: String::new(),
            description: String::new(),
            datasource: DataSource::PROMETHEUS,
            grid_pos: GridPos::default(),
            links: Vec::new(),
            interval: None,
            field_config: FieldConfig {
                defaults,
                overrides: Vec::new(),
            },
            options,
            targets: Vec::new(),
            transformations: Vec::new(),
        }
    }

    /// Sets title and description.
    pub(crate) fn about(mut self, title: String, description: impl Into<String>) -> Self {
        self.title = title;
        self.description = description.into();
        self
    }

    /// Adds a query.
    pub(crate) fn target(mut self, target: Target) -> Self {
        let place = self.targets.len();
        self.targets.push(target.named(place));
        self
    }

    /// Sets another data source than Prometheus.
    pub(crate) fn from(mut self, datasource: DataSource) -> Self {
        self.datasource = datasource;
        self
    }

    /// Sets thresholds. A time series draws them as lines, and its axis includes the last
    /// one.
    pub(crate) fn thresholds(mut self, thresholds: Thresholds) -> Self {
        let defaults = &mut self.field_config.defaults;
        if let Some(custom) = &mut defaults.custom {
            custom.thresholds_style.mode = "dashed";
            let last = thresholds
                .steps
                .iter()
                .filter_map(|step| step.value)
                .fold(0.0, f64::max);
            custom.axis_soft_max = Some(last).filter(|last| *last > 1e-6);
        }
        defaults.thresholds = thresholds;
        self
    }

    /// Limits the axis to `min` and `max`.
    pub(crate) fn range(mut self, min: f64, max: f64) -> Self {
        self.field_config.defaults.min = Some(min);
        self.field_config.defaults.max = Some(max);
        self
    }

    /// Stacks the series: the upper edge is their sum.
    pub(crate) fn stacked(mut self) -> Self {
        if let Some(custom) = &mut self.field_config.defaults.custom {
            custom.stacking.mode = "normal";
            custom.fill_opacity = 40;
        }
        self
    }

    /// Sets the text that is shown without a value.
    pub(crate) fn no_value(mut self, text: &'static str) -> Self {
        self.field_config.defaults.no_value = text;
        self
    }

    /// Sets the least step of queries, for those over long windows.
    pub(crate) fn interval(mut self, span: &'static str) -> Self {
        self.interval = Some(span);
        self
    }

    /// Adds a link to values.
    pub(crate) fn data_link(mut self, link: DataLink) -> Self {
        self.field_config.defaults.links.push(link);
        self
    }

    /// Sets formats of some columns.
    pub(crate) fn overrides(mut self, overrides: Vec<Override>) -> Self {
        self.field_config.overrides = overrides;
        self
    }

    /// Sets transformations of results.
    pub(crate) fn transformations(mut self, transformations: Vec<Transformation>) -> Self {
        self.transformations = transformations;
        self
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "id", content = "options", rename_all = "camelCase")]
pub(crate) enum Transformation {
    /// One table of all answers, joined by the columns that they share.
    Merge {},
    /// Which columns, under which names, in which order.
    #[serde(rename_all = "camelCase")]
    Organize {
        exclude_by_name: BTreeMap<String, bool>,
        index_by_name: BTreeMap<String, usize>,
        rename_by_name: BTreeMap<String, String>,
    },
}
