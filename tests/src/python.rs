//! The parsers of Python's `prometheus_client`: the strict OpenMetrics one, and the text one.

use std::{
    collections::BTreeMap,
    io::Write as _,
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::{backends::program, page::Format};

const SCRIPT: &str = include_str!("../python/parse_page.py");

/// A family as the Python parser understood it.
#[derive(Clone, Debug, PartialEq)]
pub struct PythonFamily {
    /// The name without suffix.
    pub name: String,
    /// `counter`, `gauge`, `histogram`, `summary`, `info`, `unknown`.
    pub kind: String,
    /// The unit, empty without one.
    pub unit: String,
    /// The help text, unescaped.
    pub help: String,
    /// The samples in the order of the page.
    pub samples: Vec<PythonSample>,
}

/// A sample as the Python parser understood it.
#[derive(Clone, Debug, PartialEq)]
pub struct PythonSample {
    /// The name with its suffix.
    pub name: String,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
    /// The exemplar's labels and value.
    pub exemplar: Option<(BTreeMap<String, String>, f64)>,
}

/// Parses `page` with `prometheus_client`.
///
/// ```no_run
/// use obs_tests::{backends, page::Format, python};
/// if backends::require("prometheus_client") {
///     let families = python::parse(Format::OpenMetrics, "# HELP g x\n# TYPE g gauge\ng 1\n# EOF\n")?;
///     assert_eq!(families[0].name, "g");
/// }
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
///
/// What the parser says against the page.
///
/// # Panics
///
/// When Python's package is missing; ask [`backends::require`](crate::backends::require) first.
#[track_caller]
pub fn parse(format: Format, page: &str) -> Result<Vec<PythonFamily>, String> {
    let answer = run(format, page);
    let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error} in {answer}"));
    match answer["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(list(&answer["families"]).iter().map(family).collect()),
    }
}

#[track_caller]
fn run(format: Format, page: &str) -> String {
    let parser = match format {
        Format::Text => "text",
        Format::OpenMetrics => "openmetrics",
    };
    let mut child = Command::new(program("prometheus_client"))
        .args(["-I", "-c", SCRIPT, parser])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("python can be started");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let page = page.to_owned();
    // On a thread of its own: with both pipes full, each side would wait for the other.
    let writer = thread::spawn(move || stdin.write_all(page.as_bytes()));
    let output = child.wait_with_output().expect("python ends");
    assert!(output.status.success(), "the Python script failed, see above");
    writer
        .join()
        .expect("the writer has no reason to panic")
        .expect("the script reads all of its input");
    String::from_utf8(output.stdout).expect("JSON is UTF-8")
}

fn family(family: &Value) -> PythonFamily {
    PythonFamily {
        name: text(&family["name"]),
        kind: text(&family["type"]),
        unit: text(&family["unit"]),
        help: text(&family["help"]),
        samples: list(&family["samples"]).iter().map(sample).collect(),
    }
}

fn sample(sample: &Value) -> PythonSample {
    let exemplar = &sample["exemplar"];
    PythonSample {
        name: text(&sample["name"]),
        labels: labels(&sample["labels"]),
        value: number(&sample["value"]),
        exemplar: (!exemplar.is_null()).then(|| (labels(&exemplar["labels"]), number(&exemplar["value"]))),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn labels(value: &Value) -> BTreeMap<String, String> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Values are strings, because JSON has no infinity.
fn number(value: &Value) -> f64 {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("no number: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends;

    const OPEN_METRICS: &str = concat!(
        "# HELP d_seconds Time.\n# TYPE d_seconds histogram\n# UNIT d_seconds seconds\n",
        "d_seconds_bucket{a=\"x\\\"y\",le=\"1.0\"} 1 # {trace_id=\"ab\"} 0.5 1700000000.25\n",
        "d_seconds_bucket{a=\"x\\\"y\",le=\"+Inf\"} 1\n",
        "d_seconds_count{a=\"x\\\"y\"} 1\nd_seconds_sum{a=\"x\\\"y\"} 0.5\n# EOF\n",
    );

    #[test]
    fn an_open_metrics_page_is_understood() {
        if !backends::require("prometheus_client") {
            return;
        }
        let families = parse(Format::OpenMetrics, OPEN_METRICS).unwrap();
        assert_eq!(
            (&*families[0].kind, &*families[0].unit, &*families[0].help),
            ("histogram", "seconds", "Time.")
        );
        let bucket = &families[0].samples[0];
        assert_eq!((bucket.labels["a"].as_str(), bucket.value), ("x\"y", 1.0));
        let (labels, value) = bucket.exemplar.as_ref().unwrap();
        assert_eq!((labels["trace_id"].as_str(), *value), ("ab", 0.5));
    }

    #[test]
    fn a_text_page_is_understood() {
        if !backends::require("prometheus_client") {
            return;
        }
        let families = parse(Format::Text, "# HELP g x\n# TYPE g gauge\ng +Inf\n").unwrap();
        assert_eq!(families[0].samples[0].value, f64::INFINITY);
    }

    #[test]
    fn a_wrong_page_is_refused_with_the_reason() {
        if !backends::require("prometheus_client") {
            return;
        }
        let error = parse(Format::OpenMetrics, "# TYPE g gauge\ng 1\n").unwrap_err();
        assert!(error.contains("EOF"), "{error}");
        assert!(
            parse(
                Format::OpenMetrics,
                &OPEN_METRICS.replace("# UNIT d_seconds seconds", "# UNIT d_seconds s")
            )
            .is_err()
        );
    }
}
