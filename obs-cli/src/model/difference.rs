//! What is different.

use super::{Window, objects};

objects! {
    /// What differs between two groups of requests.
    Difference {
        mode: String,
        a: Window,
        b: Window,
        a_records: Option<u64>,
        b_records: Option<u64>,
        endpoints: Vec<EndpointDifference>,
        attributes: Vec<AttributeDifference>,
        versions: Vec<AttributeDifference>,
    }

    /// How an endpoint differs.
    EndpointDifference {
        kind: String,
        method: String,
        endpoint: String,
        a: Red,
        b: Red,
        score: Option<f64>,
    }

    /// Rate, errors and duration.
    Red {
        requests: Option<f64>,
        rate: Option<f64>,
        error_ratio: Option<f64>,
        p50: Option<f64>,
        p99: Option<f64>,
    }

    /// How a value of an attribute differs.
    AttributeDifference {
        key: String,
        value: String,
        a_share: Option<f64>,
        b_share: Option<f64>,
        a_count: u64,
        b_count: u64,
        score: Option<f64>,
    }
}

// === impl Difference ===

impl Difference {
    /// How much each of its rows differs, 0 to 1.
    pub(crate) fn scores(&self) -> impl Iterator<Item = f64> + '_ {
        let of_endpoints = self.endpoints.iter().map(|row| row.score);
        let of_values = self.attributes.iter().chain(&self.versions).map(|row| row.score);
        of_endpoints.chain(of_values).flatten()
    }
}
