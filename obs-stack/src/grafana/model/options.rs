//! What each kind of panel can be told.

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(crate) enum Options {
    Stat {
        reduce_options: Reduce,
        orientation: &'static str,
        color_mode: &'static str,
        graph_mode: &'static str,
        justify_mode: &'static str,
        text_mode: &'static str,
        percent_change_color_mode: &'static str,
        show_percent_change: bool,
        wide_layout: bool,
    },
    TimeSeries {
        legend: Legend,
        tooltip: Tooltip,
    },
    Heatmap {
        calculate: bool,
        cell_gap: u8,
        color: HeatmapColor,
        exemplars: ExemplarColor,
        legend: HeatmapLegend,
        show_value: &'static str,
        tooltip: HeatmapTooltip,
        y_axis: HeatmapAxis,
    },
    Table {
        cell_height: &'static str,
        frame_index: u8,
        show_header: bool,
        sort_by: Vec<SortBy>,
    },
    Logs {
        dedup_strategy: &'static str,
        enable_log_details: bool,
        prettify_log_message: bool,
        show_common_labels: bool,
        show_labels: bool,
        show_log_context_toggle: bool,
        show_time: bool,
        sort_order: &'static str,
        wrap_log_message: bool,
    },
}

/// Which value of a series is shown.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Reduce {
    pub(crate) calcs: [&'static str; 1],
    pub(crate) fields: &'static str,
    pub(crate) values: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "Grafana's key")]
pub(crate) struct Legend {
    pub(crate) calcs: Vec<&'static str>,
    pub(crate) display_mode: &'static str,
    pub(crate) placement: &'static str,
    pub(crate) show_legend: bool,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Tooltip {
    pub(crate) mode: &'static str,
    pub(crate) sort: &'static str,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct HeatmapColor {
    pub(crate) mode: &'static str,
    pub(crate) scheme: &'static str,
    pub(crate) fill: &'static str,
    pub(crate) exponent: f64,
    pub(crate) reverse: bool,
    pub(crate) steps: u8,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ExemplarColor {
    pub(crate) color: &'static str,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct HeatmapLegend {
    pub(crate) show: bool,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeatmapTooltip {
    pub(crate) mode: &'static str,
    pub(crate) show_color_scale: bool,
    pub(crate) y_histogram: bool,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeatmapAxis {
    pub(crate) axis_placement: &'static str,
    pub(crate) reverse: bool,
    pub(crate) unit: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SortBy {
    pub(crate) display_name: &'static str,
    pub(crate) desc: bool,
}
