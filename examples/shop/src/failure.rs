//! What a handler answers when it can't do its work.

use std::{error::Error, fmt};

use actix_web::{HttpResponse, ResponseError};
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
    Unreachable(reqwest_middleware::Error),
}

// === impl Failure ===

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Declined => StatusCode::PAYMENT_REQUIRED,
            Self::BankUnreachable | Self::DatabaseClosed => StatusCode::SERVICE_UNAVAILABLE,
            Self::Upstream(_) | Self::Unreachable(_) => StatusCode::BAD_GATEWAY,
        }
    }

    fn log(&self) {
        if matches!(self, Self::Upstream(_) | Self::Unreachable(_)) {
            tracing::error!(error = self as &dyn Error, "no answer without the other service");
        }
    }
}

/// On axum.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.log();
        self.status().into_response()
    }
}

/// On actix-web, which has a status of its own.
impl ResponseError for Failure {
    fn status_code(&self) -> actix_web::http::StatusCode {
        let status = actix_web::http::StatusCode::from_u16(self.status().as_u16());
        status.unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        HttpResponse::new(self.status_code())
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

impl From<reqwest_middleware::Error> for Failure {
    fn from(error: reqwest_middleware::Error) -> Self {
        Self::Unreachable(error)
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.into())
    }
}
