//! What a handler answers when it can't do its work.

use std::{error::Error, fmt};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

/// Why there is no answer.
///
/// The layer needs no help to record it: the status decides on the outcome. What it can't know goes
/// into a log line, which carries the ids of the request by itself.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no such thing.
    NotFound,
    /// The bank said no.
    Declined,
    /// The bank said nothing.
    BankUnreachable,
    /// There are no connections to the database any more.
    DatabaseClosed,
    /// Another service answered with this status.
    Upstream(StatusCode),
    /// Another service didn't answer.
    Unreachable(reqwest::Error),
}

// === impl Failure ===

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Declined => StatusCode::PAYMENT_REQUIRED,
            Self::BankUnreachable | Self::DatabaseClosed => StatusCode::SERVICE_UNAVAILABLE,
            Self::Upstream(_) | Self::Unreachable(_) => {
                tracing::error!(error = &self as &dyn Error, "no answer without the other service");
                StatusCode::BAD_GATEWAY
            }
        };
        status.into_response()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::Declined => f.write_str("the bank declined the card"),
            Self::BankUnreachable => f.write_str("the bank doesn't answer"),
            Self::DatabaseClosed => f.write_str("the database is closed"),
            Self::Upstream(status) => write!(f, "another service answered {status}"),
            Self::Unreachable(_) => f.write_str("another service can't be reached"),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(error),
            Self::NotFound | Self::Declined | Self::BankUnreachable | Self::DatabaseClosed | Self::Upstream(_) => None,
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error)
    }
}
