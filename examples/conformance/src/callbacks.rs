//! What the W3C Trace Context suite asks a service to send, which shows what leaves the process.

use std::{error::Error, time::Duration};

use reqwest_middleware::ClientWithMiddleware;
use serde::Deserialize;
use serde_json::Value;

/// How long a callback may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A request to send: `POST url` with `arguments` as JSON.
#[derive(Debug, Deserialize)]
pub(crate) struct Callback {
    url: String,
    #[serde(default)]
    arguments: Value,
}

/// The client that the callbacks are sent with.
///
/// # Errors
///
/// If the client can't be set up.
pub(crate) fn client() -> Result<ClientWithMiddleware, Box<dyn Error>> {
    // The suite is on this machine: no proxy of the environment stands between.
    let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
    Ok(obs_reqwest::client(http))
}

/// Sends all callbacks, one after the other.
///
/// # Errors
///
/// If one of them isn't answered well.
pub(crate) async fn send_all(http: &ClientWithMiddleware, callbacks: &[Callback]) -> reqwest_middleware::Result<()> {
    for Callback { url, arguments } in callbacks {
        http.post(url).json(arguments).send().await?.error_for_status()?;
    }
    Ok(())
}
