//! Options of panels by their type, and how values are formatted and coloured.

use serde::Serialize;

use super::DataLink;

/// Options of a panel, by its type.
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

/// How a series becomes one value.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Reduce {
    pub(crate) calcs: [&'static str; 1],
    pub(crate) fields: &'static str,
    pub(crate) values: bool,
}

/// The legend of a time series.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "Grafana's key")]
pub(crate) struct Legend {
    pub(crate) calcs: Vec<&'static str>,
    pub(crate) display_mode: &'static str,
    pub(crate) placement: &'static str,
    pub(crate) show_legend: bool,
}

/// The tooltip of a time series.
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

/// The format of values, with exceptions for some of them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FieldConfig {
    pub(crate) defaults: Defaults,
    pub(crate) overrides: Vec<Override>,
}

/// The format of all values of a panel.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Defaults {
    pub(crate) unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max: Option<f64>,
    pub(crate) no_value: &'static str,
    pub(crate) color: Color,
    pub(crate) thresholds: Thresholds,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) links: Vec<DataLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom: Option<Custom>,
}

/// How a colour is chosen.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Color {
    pub(crate) mode: &'static str,
}

/// Colours by value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Thresholds {
    mode: &'static str,
    pub(crate) steps: Vec<Step>,
}

/// The colour from a value on; the first step has no value, or the lowest one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Step {
    pub(crate) value: Option<f64>,
    pub(crate) color: &'static str,
}

/// How a time series is drawn.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Custom {
    pub(crate) draw_style: &'static str,
    pub(crate) line_width: u8,
    pub(crate) fill_opacity: u8,
    pub(crate) show_points: &'static str,
    pub(crate) axis_soft_min: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) axis_soft_max: Option<f64>,
    pub(crate) stacking: Style,
    pub(crate) thresholds_style: Style,
}

/// A style with a single setting.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Style {
    pub(crate) mode: &'static str,
}

/// The format of some values of a panel.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Override {
    pub(crate) matcher: Matcher,
    pub(crate) properties: Vec<Property>,
}

/// Which values.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Matcher {
    pub(crate) id: &'static str,
    pub(crate) options: &'static str,
}

/// A setting that replaces one of [`Defaults`].
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "id", content = "value")]
pub(crate) enum Property {
    #[serde(rename = "unit")]
    Unit(&'static str),
    #[serde(rename = "thresholds")]
    Thresholds(Thresholds),
    #[serde(rename = "color")]
    Color(Color),
    #[serde(rename = "links")]
    Links(Vec<DataLink>),
    #[serde(rename = "custom.cellOptions")]
    Cell {
        #[serde(rename = "type")]
        kind: &'static str,
    },
}

// === impl Override ===

impl Override {
    /// For the column or series of this name.
    pub(crate) fn of(name: &'static str, properties: Vec<Property>) -> Self {
        Self {
            matcher: Matcher {
                id: "byName",
                options: name,
            },
            properties,
        }
    }
}

/// Above zero, and below any rate that can be measured.
const LITTLE: f64 = 1e-9;

// === impl Thresholds ===

impl Thresholds {
    /// Green for all values.
    pub(crate) fn none() -> Self {
        Self {
            mode: "absolute",
            steps: vec![Step {
                value: None,
                color: "green",
            }],
        }
    }

    /// High is bad: green from zero, then yellow, then red.
    pub(crate) fn rising(yellow: f64, red: f64) -> Self {
        let steps = [(0.0, "green"), (yellow, "yellow"), (red, "red")];
        Self::of(steps.map(|(value, color)| Step {
            value: Some(value),
            color,
        }))
    }

    /// Low is bad: red, then yellow, then green.
    pub(crate) fn falling(yellow: f64, green: f64) -> Self {
        let steps = [(None, "red"), (Some(yellow), "yellow"), (Some(green), "green")];
        Self::of(steps.map(|(value, color)| Step { value, color }))
    }

    /// Red from a threshold on.
    pub(crate) fn above(threshold: f64) -> Self {
        let steps = [(None, "green"), (Some(threshold), "red")];
        Self::of(steps.map(|(value, color)| Step { value, color }))
    }

    /// Red below a threshold.
    pub(crate) fn below(threshold: f64) -> Self {
        let steps = [(None, "red"), (Some(threshold), "green")];
        Self::of(steps.map(|(value, color)| Step { value, color }))
    }

    /// Red above zero.
    pub(crate) fn any() -> Self {
        Self::above(LITTLE)
    }

    fn of<const N: usize>(steps: [Step; N]) -> Self {
        Self {
            mode: "absolute",
            steps: steps.to_vec(),
        }
    }
}
