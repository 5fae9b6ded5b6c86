//! The `error_type` of an error of reqwest.

use std::{any::type_name, error::Error as StdError, fmt, sync::Arc};

use obs_core::{
    adapter::{ClientObservation, Failure},
    client::transport_error,
    guard::{Guarded, chain},
    names::error_type,
};
use reqwest_middleware::Error;

/// Names the error type of an error.
pub(crate) type Classify = Arc<Guarded<dyn Fn(&Error) -> Option<&'static str> + Send + Sync>>;

/// An error that doesn't name its URL: with the URL it would be another one in each call, and the URL is on the span.
#[derive(Debug)]
struct WithoutUrl<'a>(&'a reqwest::Error);

/// Ends the attempt with this error.
pub(crate) fn record(observation: &mut ClientObservation, error: &Error, classify: Option<&Classify>) {
    let named = classify.and_then(|classify| classify.call(|classify| classify(error)).flatten());
    let of_reqwest = match error {
        Error::Reqwest(error) => Some(error),
        Error::Middleware(error) => reqwest_error(error.as_ref()),
    };
    // An error of another middleware: its message may contain anything.
    let Some(error) = of_reqwest else {
        return observation.error(named.unwrap_or(error_type::OTHER), None);
    };
    match error.status() {
        Some(status) if named.is_none() => observation.status_error(status.as_u16()),
        _ => {
            observation.explain(|| describe(error));
            observation.error(named.unwrap_or_else(|| word(error)), None);
        }
    }
}

/// What is recorded of an error: without the URL, which is on the span.
pub(crate) fn describe(error: &reqwest::Error) -> Failure {
    Failure::new(&WithoutUrl(error)).with_type(type_name::<reqwest::Error>())
}

/// The error of reqwest that another middleware has wrapped.
fn reqwest_error<'a>(error: &'a (dyn StdError + Send + Sync + 'static)) -> Option<&'a reqwest::Error> {
    chain(error).find_map(|link| match link.downcast_ref() {
        Some(Error::Reqwest(found)) => Some(found),
        _ => link.downcast_ref(),
    })
}

/// The `error_type` of an error.
fn word(error: &reqwest::Error) -> &'static str {
    // The kinds that reqwest itself knows come first. Its message contains the URL, so only its sources are read.
    let source = error.source().map_or(error_type::OTHER, transport_error);
    if error.is_timeout() {
        error_type::TIMEOUT
    } else if error.is_dns() {
        error_type::DNS
    } else if error.is_redirect() {
        error_type::REDIRECT
    } else if error.is_connect() {
        if source == error_type::TLS {
            error_type::TLS
        } else {
            error_type::CONNECT
        }
    } else if error.is_body() || error.is_decode() {
        error_type::BODY
    } else if source != error_type::OTHER {
        source
    } else if error.is_request() || error.is_builder() || error.is_upgrade() {
        error_type::REQUEST
    } else {
        error_type::OTHER
    }
}

// === impl WithoutUrl ===

impl fmt::Display for WithoutUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let told = self.0.url().and_then(|_| text.split_once(" for url ("));
        f.write_str(told.map_or(&*text, |(told, _)| told))
    }
}

impl StdError for WithoutUrl<'_> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
