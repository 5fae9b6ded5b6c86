//! A metrics page: parsing it, and fetching it from a running service.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt,
    time::Duration,
};

use obs_conventions::names::label;

/// The metrics on a page in the [Prometheus text
/// format](https://prometheus.io/docs/instrumenting/exposition_formats/): names, labels of
/// their series, buckets of histograms. Values are not kept.
///
/// A page of another program serves as well: lines that are not valid are skipped, and a
/// metric that has only a `# TYPE` line counts as present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    names: BTreeSet<String>,
    series: BTreeMap<String, BTreeSet<Labels>>,
    buckets: BTreeMap<String, BTreeSet<String>>,
}

/// The labels of a series without `le`, sorted by name.
type Labels = Vec<(String, String)>;

// === impl Page ===

impl Page {
    /// Parses a page; lines that are not valid are skipped.
    ///
    /// ```
    /// use obs_stack::live::Page;
    ///
    /// let page = Page::parse("# TYPE jobs_total counter\nqueue_depth 3\n");
    /// assert!(page.has("jobs_total") && page.has("queue_depth"));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut page = Self::default();
        for line in text.lines() {
            // A metric that has no series yet has a `# TYPE` line.
            if let Some(announced) = line.strip_prefix("# TYPE ") {
                page.announce(announced);
            } else if !line.starts_with('#') {
                page.sample(line);
            }
        }
        page
    }

    /// Whether a metric is on the page, with or without series.
    #[must_use]
    pub fn has(&self, metric: &str) -> bool {
        self.names.contains(metric)
    }

    /// The names of all metrics, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether a histogram has a bucket. True if it has none at all: one without series has
    /// no buckets yet.
    pub(super) fn has_bucket(&self, metric: &str, le: &str) -> bool {
        self.buckets.get(metric).is_none_or(|buckets| buckets.contains(le))
    }

    /// The bounds of a histogram's buckets, the lowest first.
    pub(super) fn buckets(&self, metric: &str) -> Vec<&str> {
        let mut buckets: Vec<_> = self
            .buckets
            .get(metric)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let value = |le: &str| le.parse::<f64>().unwrap_or(f64::INFINITY);
        buckets.sort_by(|a, b| value(a).total_cmp(&value(b)));
        buckets
    }

    /// Whether a metric has a series with all of these labels. True if it has no series at
    /// all.
    pub(super) fn has_series(&self, metric: &str, labels: &[(String, String)]) -> bool {
        let has_all = |series: &Labels| labels.iter().all(|label| series.contains(label));
        self.series.get(metric).is_none_or(|all| all.iter().any(has_all))
    }

    /// All values of a label of a metric.
    pub(super) fn values(&self, metric: &str, label: &str) -> BTreeSet<&str> {
        let labels = self.series.get(metric).into_iter().flatten().flatten();
        labels
            .filter(|(key, _)| key == label)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Adds the names of a `# TYPE` line.
    fn announce(&mut self, announced: &str) {
        let Some((name, kind)) = announced.split_once(' ') else {
            return;
        };
        self.names.insert(name.to_owned());
        let parts: &[&str] = match kind.trim() {
            "histogram" => &["_bucket", "_count", "_sum"],
            "summary" => &["_count", "_sum"],
            _ => &[],
        };
        self.names.extend(parts.iter().map(|part| format!("{name}{part}")));
    }

    /// Adds the name, labels and bucket of a sample.
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

/// The labels up to `}`; from the first invalid one on, they are skipped.
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

/// A quoted value, and the text after it.
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

/// A metrics page could not be fetched. The message has the URL without credentials and
/// query.
///
/// ```
/// let error = obs_stack::live::fetch("ftp://user:secret@orders/metrics").unwrap_err();
/// assert!(error.to_string().contains("orders") && !error.to_string().contains("secret"));
/// ```
pub struct FetchError {
    url: String,
    source: Option<Box<ureq::Error>>,
}

/// The longest that a whole request may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest page that is read, in bytes; Prometheus itself is configured to refuse pages
/// above 64 MB.
const LONGEST: u64 = 256 * 1024 * 1024;

/// Fetches the page at `url` (`http://host:port/metrics`), within 10 seconds. Blocks the
/// thread.
///
/// ```no_run
/// let page = obs_stack::live::fetch("http://localhost:3001/metrics")?;
/// assert!(page.has("obs_build_info"));
/// # Ok::<(), obs_stack::live::FetchError>(())
/// ```
///
/// # Errors
///
/// If there is no answer in time, its status is not a success, or it is not text of at most
/// 256 MiB.
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
        let source = if matches!(source, ureq::Error::BadUri(_)) {
            None
        } else {
            Some(Box::new(source))
        };
        Self {
            url: without_secrets(url),
            source,
        }
    }
}

/// A URL without user, password and query, in which tokens are passed.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url
        .split_once("://")
        .map_or(("", url), |(scheme, rest)| (&url[..scheme.len() + 3], rest));
    let authority = rest.split('/').next().unwrap_or_default();
    let user = authority.rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}{}", &rest[user..])
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.url;
        write!(
            f,
            "{url}: the metrics page could not be fetched; is the service running, and is this its address?"
        )
    }
}

/// The text, and that of the cause: what a `main` prints that returns the error.
impl fmt::Debug for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        self.source().map_or(Ok(()), |source| write!(f, ": {source}"))
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
        assert_eq!(
            without_secrets("http://me:se@cret@orders:9000/metrics?token=1#x"),
            "http://orders:9000/metrics"
        );
        assert_eq!(without_secrets("http://orders:9000/a@b"), "http://orders:9000/a@b");
        assert_eq!(without_secrets("orders"), "orders");
        let error = fetch("http://me:secret@a b/?token=hidden").unwrap_err();
        let texts = format!("{error} {:?}", error.source().map(ToString::to_string));
        assert!(!texts.contains("secret") && !texts.contains("hidden"), "{texts}");
    }
}
