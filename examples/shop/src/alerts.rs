//! The alerts of a service, evaluated in the process.

use std::{net::SocketAddr, time::Duration};

use obs_alert::{AlertManager, BuildError, Channel, definition::Service};
use obs_axum::obs_core::Obs;

use crate::args::Args;

/// Often, so that there is something to see soon.
const INTERVAL: Duration = Duration::from_secs(5);

/// Starts to watch a service for what its definition says, if it runs for longer than a report.
///
/// # Errors
///
/// If an address that alerts are to be sent to is none.
pub(crate) fn watch(
    obs: &Obs,
    defined: &Service,
    address: SocketAddr,
    args: &Args,
) -> Result<Option<AlertManager>, BuildError> {
    if args.requests.is_some() {
        return Ok(None);
    }
    let alerts = AlertManager::builder()
        .obs(obs)
        .service(defined)
        .interval(INTERVAL)
        .external_url(format!("http://{address}"))
        // A line for each alert, with the labels and the runbook.
        .channel(Channel::log());
    let alerts = args
        .webhook
        .iter()
        .fold(alerts, |alerts, url| alerts.channel(Channel::webhook(url)));
    let alerts = match args.alertmanager.as_slice() {
        [] => alerts,
        peers => alerts.channel(Channel::alertmanager(peers)),
    };
    alerts.start().map(Some)
}
