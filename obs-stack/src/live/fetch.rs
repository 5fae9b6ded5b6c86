//! Asking a running service for its page.

use std::{error::Error, fmt, time::Duration};

use super::Page;

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
