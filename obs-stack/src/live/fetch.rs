//! Asking a running service for its page.

use std::{error::Error, fmt, time::Duration};

use super::Page;

/// A page could not be had.
#[derive(Debug)]
pub struct FetchError {
    url: String,
    source: Box<ureq::Error>,
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
        Err(source) => Err(FetchError { url: url.to_owned(), source: Box::new(source) }),
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.url;
        write!(f, "{url}: no metrics page could be had; is the service running, and is this where it listens?")
    }
}

impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
