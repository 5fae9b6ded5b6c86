//! Which services may report here.

use obs_base::token::{Admission, Token};

use crate::{
    query::Problem,
    server::{
        ConsoleRequest,
        followers::{Place, Places},
    },
};

/// The most messages that are read at once.
const MAX_MESSAGES: usize = 4;

/// The key of the services that report here, and the messages on their way.
#[derive(Debug)]
pub(crate) struct Gate {
    key: Token,
    places: Places,
}

// === impl Gate ===

impl Gate {
    pub(crate) fn new(key: Token) -> Self {
        Self {
            key,
            places: Places::new(MAX_MESSAGES),
        }
    }

    /// # Errors
    ///
    /// If the request doesn't show the key.
    pub(in crate::server) fn check(&self, request: &ConsoleRequest<'_>) -> Result<(), Problem> {
        match self.key.admits(request.headers.get("authorization")) {
            Admission::Granted => Ok(()),
            _ => Err(Problem::unauthorized("the intake takes its key as a bearer token")),
        }
    }

    /// # Errors
    ///
    /// If too many messages are being read.
    pub(in crate::server) fn place(&self) -> Result<Place, Problem> {
        let message = "too many messages are being read";
        self.places.take().ok_or_else(|| Problem::too_many(message))
    }
}
