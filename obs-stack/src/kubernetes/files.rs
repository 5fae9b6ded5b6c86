//! All files of Kubernetes.

use obs_rules::definition::Definition;

use super::{config_maps, monitors, rules};
use crate::{File, grafana};

/// All files of Kubernetes.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let of_services = definition.services.iter().flat_map(|service| {
        let monitors = [monitors::service_monitor(service), monitors::pod_monitor(service)];
        monitors.into_iter().chain(rules::prometheus_rules(definition, service))
    });
    of_services.chain(config_maps::of_dashboards(&grafana::files(definition))).collect()
}
