//! Targets as a container reaches them.

use std::net::IpAddr;

use obs_rules::definition::{Definition, Service};

use crate::{File, prometheus};

/// The host, seen from a container.
pub(super) const HOST: &str = "host.docker.internal";

/// What Prometheus scrapes from within its container.
pub(super) fn config(definition: &Definition) -> File {
    let mut definition = definition.clone();
    for service in &mut definition.services {
        service.targets = reachable(service);
    }
    let about = "Scrapes the targets that the definition names from within a container: what listens on the loopback\n\
                 of the host is reached as host.docker.internal, and must listen on more than 127.0.0.1 for that on Linux.";
    prometheus::config_for_compose(&definition, about)
}

fn reachable(service: &Service) -> Vec<String> {
    service.targets.iter().map(|target| of_container(target)).collect()
}

/// A loopback address is the container's own there.
pub(super) fn of_container(target: &str) -> String {
    let Some((host, port)) = target.rsplit_once(':') else { return target.to_owned() };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_own = host == "localhost" || address.is_ok_and(|address| address.is_loopback() || address.is_unspecified());
    if is_own { format!("{HOST}:{port}") } else { target.to_owned() }
}
