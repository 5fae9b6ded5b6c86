//! The samples of a metrics page in the text format of Prometheus.

use std::time::Instant;

/// The most samples that are kept.
const MAX_SAMPLES: usize = 200_000;

/// A page, and when it was read.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) at: Instant,
    pub(crate) samples: Vec<Sample>,
}

/// A value with its labels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

// === impl Page ===

impl Page {
    /// Reads the samples about HTTP requests; what is not valid is skipped.
    pub(crate) fn parse(text: &str, at: Instant) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.filter(|line| is_about_requests(line)).filter_map(sample);
        Self {
            at,
            samples: samples.take(MAX_SAMPLES).collect(),
        }
    }

    /// The name of the service, where the page says it.
    pub(crate) fn service(text: &str) -> Option<String> {
        let info = |line: &&str| line.starts_with("target_info{") || line.starts_with("obs_build_info{");
        let sample = sample(text.lines().find(info)?)?;
        let name = ["service_name", "service", "job"]
            .iter()
            .find_map(|key| sample.label(&[key]))?;
        Some(name.to_owned())
    }
}

/// Whether a line may be about HTTP requests: a quick check by the name.
fn is_about_requests(line: &str) -> bool {
    let name = line.split(['{', ' ']).next().unwrap_or_default();
    name.contains("http") && name.contains("request")
}

// === impl Sample ===

impl Sample {
    /// The value of the first of these labels that it has.
    pub(crate) fn label(&self, keys: &[&str]) -> Option<&str> {
        let of = |key: &&str| self.labels.iter().find(|(known, _)| known == key);
        keys.iter().find_map(of).map(|(_, value)| value.as_str())
    }
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' ', '\t'])?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value: f64 = rest.split_whitespace().next()?.parse().ok()?;
    Some(Sample {
        name: name.to_owned(),
        labels,
        value,
    })
}

/// Labels, and what is behind their closing brace.
fn labels(mut text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start_matches([',', ' ']);
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (key, rest) = text.split_once("=\"")?;
        let (value, rest) = quoted(rest)?;
        labels.push((key.trim().to_owned(), value));
        text = rest;
    }
}

/// A quoted value, and what is behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            c => value.push(c),
        }
    }
    None
}
