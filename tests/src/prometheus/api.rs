//! The HTTP API: instant queries, ranges, exemplars.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use serde_json::Value;

use super::Prometheus;
use crate::{net, wait::eventually_ok};

/// One element of an instant vector, or a scalar without labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Labels, `__name__` among them.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

/// One series of a range query.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// Labels, `__name__` among them.
    pub labels: BTreeMap<String, String>,
    /// Times in seconds since 1970, and values.
    pub values: Vec<(f64, f64)>,
}

/// The exemplars of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplars {
    /// The series' labels, `__name__` among them.
    pub series: BTreeMap<String, String>,
    /// Each exemplar's labels and value.
    pub exemplars: Vec<Point>,
}

// === impl Prometheus ===

impl Prometheus {
    /// Evaluates `expr` now.
    #[must_use]
    #[track_caller]
    pub fn query(&self, expr: &str) -> Vec<Point> {
        let data = self.api("query", &[("query", expr)]);
        match data["resultType"].as_str() {
            Some("scalar") => vec![Point {
                labels: BTreeMap::new(),
                value: pair(&data["result"]).1,
            }],
            _ => list(&data["result"])
                .iter()
                .map(|point| Point {
                    labels: labels(&point["metric"]),
                    value: pair(&point["value"]).1,
                })
                .collect(),
        }
    }

    /// Evaluates `expr` over the time from `last` ago until now, every `step`.
    #[must_use]
    #[track_caller]
    pub fn query_range(&self, expr: &str, last: Duration, step: Duration) -> Vec<Range> {
        let now = self.now();
        let (start, end) = ((now - last.as_secs_f64()).to_string(), now.to_string());
        let step = step.as_secs_f64().to_string();
        let data = self.api(
            "query_range",
            &[("query", expr), ("start", &start), ("end", &end), ("step", &step)],
        );
        list(&data["result"])
            .iter()
            .map(|range| Range {
                labels: labels(&range["metric"]),
                values: list(&range["values"]).iter().map(pair).collect(),
            })
            .collect()
    }

    /// The exemplars of the series in `expr` from `last` ago until now.
    #[must_use]
    #[track_caller]
    pub fn query_exemplars(&self, expr: &str, last: Duration) -> Vec<Exemplars> {
        let now = self.now();
        let (start, end) = ((now - last.as_secs_f64()).to_string(), (now + 1.0).to_string());
        let data = self.api("query_exemplars", &[("query", expr), ("start", &start), ("end", &end)]);
        let exemplar = |found: &Value| Point {
            labels: labels(&found["labels"]),
            value: float(&found["value"]),
        };
        list(&data)
            .iter()
            .map(|series| Exemplars {
                series: labels(&series["seriesLabels"]),
                exemplars: list(&series["exemplars"]).iter().map(exemplar).collect(),
            })
            .collect()
    }

    /// The active alerts as `/api/v1/alerts` gives them: `labels`, `annotations`, `state`, `value`.
    #[must_use]
    #[track_caller]
    pub fn alerts(&self) -> Vec<Value> {
        list(&self.api("alerts", &[])["alerts"]).to_vec()
    }

    /// Evaluates `expr` until `condition` holds for the answer, and returns that answer.
    #[track_caller]
    pub fn wait_until(&self, within: Duration, expr: &str, condition: impl Fn(&[Point]) -> bool) -> Vec<Point> {
        eventually_ok(within, || {
            let points = self.query(expr);
            if condition(&points) {
                Ok(points)
            } else {
                Err(format!("{expr} is {points:#?}"))
            }
        })
    }

    /// Its clock, in seconds since 1970.
    #[must_use]
    #[track_caller]
    pub fn now(&self) -> f64 {
        self.query("time()")[0].value
    }

    /// Asks `/api/v1/{endpoint}` and returns `data`.
    #[must_use]
    #[track_caller]
    pub fn api(&self, endpoint: &str, parameters: &[(&str, &str)]) -> Value {
        let query: Vec<_> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", percent(value)))
            .collect();
        let response = net::get(self.addr(), &format!("/api/v1/{endpoint}?{}", query.join("&")));
        let mut answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        assert!(
            answer["status"] == "success",
            "{endpoint} {parameters:?}: {} {}",
            response.status,
            response.text()
        );
        answer["data"].take()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn labels(value: &Value) -> BTreeMap<String, String> {
    let labels = value.as_object().into_iter().flatten();
    labels
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// `[time, "value"]`
fn pair(value: &Value) -> (f64, f64) {
    (value[0].as_f64().unwrap_or(f64::NAN), float(&value[1]))
}

/// Values are strings, because JSON has no infinity.
fn float(value: &Value) -> f64 {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("no number: {value}"))
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
