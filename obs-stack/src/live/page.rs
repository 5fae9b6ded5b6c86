//! A metrics page, as far as drift is concerned.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt,
    time::Duration,
};

use obs_conventions::names::label;

/// The names on a metrics page in the text format, the labels of its series, and the buckets of its histograms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    names: BTreeSet<String>,
    series: BTreeMap<String, BTreeSet<Labels>>,
    buckets: BTreeMap<String, BTreeSet<String>>,
}

/// Sorted by name, without `le`.
type Labels = Vec<(String, String)>;

// === impl Page ===

impl Page {
    /// Reads a page; a line that can't be read is left out.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut page = Self::default();
        for line in text.lines() {
            // A metric without series yet is announced all the same.
            if let Some(announced) = line.strip_prefix("# TYPE ") {
                page.announce(announced);
            } else if !line.starts_with('#') {
                page.sample(line);
            }
        }
        page
    }

    /// Whether a metric is on the page.
    #[must_use]
    pub fn has(&self, metric: &str) -> bool {
        self.names.contains(metric)
    }

    /// Whether a histogram has a bucket, if it has any: one without series has none yet.
    pub(super) fn has_bucket(&self, metric: &str, le: &str) -> bool {
        self.buckets.get(metric).is_none_or(|buckets| buckets.contains(le))
    }

    /// The buckets of a histogram, the smallest first.
    pub(super) fn buckets(&self, metric: &str) -> Vec<&str> {
        let mut buckets: Vec<_> = self.buckets.get(metric).into_iter().flatten().map(String::as_str).collect();
        let value = |le: &str| le.parse::<f64>().unwrap_or(f64::INFINITY);
        buckets.sort_by(|a, b| value(a).total_cmp(&value(b)));
        buckets
    }

    /// Whether a metric has a series with all of these labels, if it has any series.
    pub(super) fn has_series(&self, metric: &str, labels: &[(String, String)]) -> bool {
        let has_all = |series: &Labels| labels.iter().all(|label| series.contains(label));
        self.series.get(metric).is_none_or(|all| all.iter().any(has_all))
    }

    /// The values that a label of a metric has.
    pub(super) fn values(&self, metric: &str, label: &str) -> BTreeSet<&str> {
        let labels = self.series.get(metric).into_iter().flatten().flatten();
        labels.filter(|(key, _)| key == label).map(|(_, value)| value.as_str()).collect()
    }

    fn announce(&mut self, announced: &str) {
        let Some((name, kind)) = announced.split_once(' ') else { return };
        self.names.insert(name.to_owned());
        let parts: &[&str] = match kind.trim() {
            "histogram" => &["_bucket", "_count", "_sum"],
            "summary" => &["_count", "_sum"],
            _ => &[],
        };
        self.names.extend(parts.iter().map(|part| format!("{name}{part}")));
    }

    fn sample(&mut self, line: &str) {
        let end = line.find(|c: char| c == '{' || c.is_whitespace()).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        if name.is_empty() {
            return;
        }
        self.names.insert(name.to_owned());
        let mut labels = labels(rest.strip_prefix('{').unwrap_or_default());
        if let Some(at) = labels.iter().position(|(key, _)| key == label::LE) {
            let (_, bound) = labels.remove(at);
            if name.ends_with("_bucket") {
                self.buckets.entry(name.to_owned()).or_default().insert(bound);
            }
        }
        labels.sort();
        self.series.entry(name.to_owned()).or_default().insert(labels);
    }
}

/// What stands before `}`; what can't be read is left out with all that follows.
fn labels(mut text: &str) -> Labels {
    let mut labels = Labels::new();
    while let Some((key, rest)) = text.trim_start_matches([',', ' ']).split_once("=\"") {
        if key.contains('}') {
            break;
        }
        let Some((value, rest)) = quoted(rest) else { break };
        labels.push((key.to_owned(), value));
        text = rest;
    }
    labels
}

/// A value up to its second quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                escaped => escaped,
            }),
            c => value.push(c),
        }
    }
    None
}

/// A page could not be had.
#[derive(Debug)]
pub struct FetchError {
    url: String,
    source: Option<Box<ureq::Error>>,
}

const TIMEOUT: Duration = Duration::from_secs(10);
/// Far more than a page that Prometheus would take.
const LONGEST: u64 = 256 * 1024 * 1024;

/// Asks for the page at `url` (`http://host:port/metrics`), for 10 seconds at most.
///
/// # Errors
///
/// If nobody answers in time, with a status of success, with text.
pub fn fetch(url: &str) -> Result<Page, FetchError> {
    let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).build());
    let text = agent
        .get(url)
        .header("accept", "text/plain; version=0.0.4")
        .call()
        .and_then(|mut response| response.body_mut().with_config().limit(LONGEST).read_to_string());
    match text {
        Ok(text) => Ok(Page::parse(&text)),
        Err(source) => Err(FetchError::new(url, source)),
    }
}

// === impl FetchError ===

impl FetchError {
    fn new(url: &str, source: ureq::Error) -> Self {
        // Repeats the URL as it was given, with its secrets.
        let source = if matches!(source, ureq::Error::BadUri(_)) { None } else { Some(Box::new(source)) };
        Self { url: without_secrets(url), source }
    }
}

/// A URL without user, password and query, in which tokens are passed.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (&url[..scheme.len() + 3], rest));
    let authority = rest.split('/').next().unwrap_or_default();
    let user = authority.rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}{}", &rest[user..])
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.url;
        write!(f, "{url}: no metrics page could be had; is the service running, and is this where it listens?")
    }
}

impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_neither_credentials_nor_queries() {
        assert_eq!(without_secrets("http://me:se@cret@orders:9000/metrics?token=1#x"), "http://orders:9000/metrics");
        assert_eq!(without_secrets("http://orders:9000/a@b"), "http://orders:9000/a@b");
        assert_eq!(without_secrets("orders"), "orders");
        let error = fetch("http://me:secret@a b/?token=hidden").unwrap_err();
        let texts = format!("{error} {:?}", error.source().map(ToString::to_string));
        assert!(!texts.contains("secret") && !texts.contains("hidden"), "{texts}");
    }
}
