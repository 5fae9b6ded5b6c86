//! The `error_type` of an error of reqwest.

use std::{error::Error as StdError, sync::Arc};

use obs_core::{
    adapter::ClientObservation,
    client::transport_error,
    guard::{Guarded, chain},
    names::error_type,
};
use reqwest_middleware::Error;

/// Names the error type of an error.
pub(crate) type Classify = Arc<Guarded<dyn Fn(&Error) -> Option<&'static str> + Send + Sync>>;

/// Ends the attempt with this error.
pub(crate) fn record(observation: &mut ClientObservation, error: &Error, classify: Option<&Classify>) {
    let named = classify.and_then(|classify| classify.call(|classify| classify(error)).flatten());
    let error = match error {
        Error::Reqwest(error) => Some(error),
        Error::Middleware(error) => reqwest_error(error.as_ref()),
    };
    // An error of another middleware: its message may contain anything.
    let Some(error) = error else {
        return observation.error(named.unwrap_or(error_type::OTHER), None);
    };
    match error.status() {
        Some(status) if named.is_none() => observation.status_error(status.as_u16()),
        _ => observation.error(named.unwrap_or_else(|| word(error)), root_cause(error)),
    }
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

/// The innermost source, such as "Connection refused". Unlike the message of reqwest, it does not
/// contain the URL.
fn root_cause(error: &reqwest::Error) -> Option<&(dyn StdError + 'static)> {
    let cause = chain(error.source()?).last()?;
    (!cause.is::<reqwest::Error>()).then_some(cause)
}
