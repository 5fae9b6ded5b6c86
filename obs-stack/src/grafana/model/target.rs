//! Queries of panels.

use obs_rules::promql::Expr;
use serde::Serialize;

use super::DataSource;

/// A query of a panel.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(crate) enum Target {
    Prometheus {
        ref_id: String,
        datasource: DataSource,
        editor_mode: &'static str,
        expr: Expr,
        legend_format: String,
        range: bool,
        instant: bool,
        exemplar: bool,
        format: Format,
    },
    Loki {
        ref_id: String,
        datasource: DataSource,
        expr: String,
        legend_format: String,
        query_type: &'static str,
        max_lines: u32,
    },
    Tempo {
        ref_id: String,
        datasource: DataSource,
        query: String,
        query_type: &'static str,
        filters: [u8; 0],
        limit: u32,
        table_type: &'static str,
    },
}

/// The form of a Prometheus result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    TimeSeries,
    Table,
    Heatmap,
}

// === impl Target ===

impl Target {
    /// A range query to Prometheus.
    pub(crate) fn prometheus(expr: Expr, legend: &str) -> Self {
        Self::Prometheus {
            ref_id: String::new(),
            datasource: DataSource::PROMETHEUS,
            editor_mode: "code",
            expr,
            legend_format: legend.to_owned(),
            range: true,
            instant: false,
            exemplar: false,
            format: Format::TimeSeries,
        }
    }

    /// A query for the values at the end of the time range, as rows.
    pub(crate) fn table(expr: Expr) -> Self {
        Self::Prometheus {
            ref_id: String::new(),
            datasource: DataSource::PROMETHEUS,
            editor_mode: "code",
            expr,
            legend_format: String::new(),
            range: false,
            instant: true,
            exemplar: false,
            format: Format::Table,
        }
    }

    /// A range query to Loki.
    pub(crate) fn loki(expr: String, legend: &str) -> Self {
        Self::Loki {
            ref_id: String::new(),
            datasource: DataSource::LOKI,
            expr,
            legend_format: legend.to_owned(),
            query_type: "range",
            max_lines: 200,
        }
    }

    /// A search in Tempo.
    pub(crate) fn tempo(query: String) -> Self {
        Self::Tempo {
            ref_id: String::new(),
            datasource: DataSource::TEMPO,
            query,
            query_type: "traceql",
            filters: [],
            limit: 20,
            table_type: "traces",
        }
    }

    /// Sets the name `A`, `B`, … by the position in the panel.
    pub(crate) fn named(mut self, place: usize) -> Self {
        let letter = u8::try_from(place % 26).map_or('A', |at| char::from(b'A' + at));
        let name = if place < 26 {
            letter.to_string()
        } else {
            format!("{letter}{}", place / 26)
        };
        match &mut self {
            Self::Prometheus { ref_id, .. } | Self::Loki { ref_id, .. } | Self::Tempo { ref_id, .. } => *ref_id = name,
        }
        self
    }

    /// Adds exemplars, which lead to traces.
    pub(crate) fn with_exemplars(mut self) -> Self {
        if let Self::Prometheus { exemplar, .. } = &mut self {
            *exemplar = true;
        }
        self
    }

    /// Returns histogram buckets, for a heatmap.
    pub(crate) fn in_buckets(mut self) -> Self {
        if let Self::Prometheus { format, .. } = &mut self {
            *format = Format::Heatmap;
        }
        self
    }
}
