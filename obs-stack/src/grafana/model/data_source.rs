//! Where data comes from.

use serde::Serialize;

/// Where data comes from: a variable of the dashboard, so that it works whatever the data source is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DataSource {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) uid: &'static str,
}

// === impl DataSource ===

impl DataSource {
    pub(crate) const PROMETHEUS: Self = Self { kind: "prometheus", uid: "${prometheus_datasource}" };
    pub(crate) const LOKI: Self = Self { kind: "loki", uid: "${loki_datasource}" };
    pub(crate) const TEMPO: Self = Self { kind: "tempo", uid: "${tempo_datasource}" };
}
