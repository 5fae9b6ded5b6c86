//! Sending a body by HTTP.

use std::time::Duration;

use tokio::runtime::Builder;

use super::{
    endpoint::Endpoint,
    http::{self, Date},
    send_error::SendError,
    tls::Tls,
};

/// An endpoint that takes JSON.
#[derive(Clone)]
pub(crate) struct Post {
    endpoint: Endpoint,
    tls: Tls,
}

// === impl Post ===

impl Post {
    pub(super) const fn new(endpoint: Endpoint, tls: Tls) -> Self {
        Self { endpoint, tls }
    }

    /// Sends, within `timeout`. Notifications are rare: each has a runtime and a connection of its own, so
    /// nothing is held open for hours.
    pub(super) fn send(&self, body: Vec<u8>, timeout: Duration) -> Result<Date, SendError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| SendError::transient(format!("no runtime to send with: {error}")))?;
        let sent = runtime.block_on(async {
            let sending = http::post(&self.endpoint, &self.tls, body);
            tokio::time::timeout(timeout, sending).await.unwrap_or_else(|_| {
                let origin = self.endpoint.origin();
                Err(SendError::transient(format!("{origin} did not answer within {timeout:?}")))
            })
        });
        // A name that is being looked up can't be cancelled, and is not waited for.
        runtime.shutdown_background();
        sent
    }
}
