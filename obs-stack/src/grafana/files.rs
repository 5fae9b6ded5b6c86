//! The files of Grafana.

use obs_rules::definition::{Definition, Service};

use super::{dashboards, model::Dashboard, provisioning, uid::Kind};
use crate::{File, text::slug};

/// Dashboards for each service, and the provisioning that makes Grafana read them: `grafana/…`.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let mut files = provisioning::files();
    files.extend(of_services(definition).map(|(service, kind, dashboard)| file(service, kind, &dashboard)));
    files
}

/// Where the overview of a service is, if it is known where Grafana is.
#[must_use]
pub fn dashboard_url(definition: &Definition, service: &Service) -> Option<String> {
    let grafana = definition.links.grafana.as_deref()?.trim_end_matches('/');
    Some(format!("{grafana}/d/{}", Kind::Overview.uid(service)))
}

/// All dashboards, service by service.
pub(super) fn of_services(definition: &Definition) -> impl Iterator<Item = (&Service, Kind, Dashboard)> {
    definition.services.iter().flat_map(|service| {
        dashboards::of(definition, service).into_iter().map(move |(kind, dashboard)| (service, kind, dashboard))
    })
}

fn file(service: &Service, kind: Kind, dashboard: &Dashboard) -> File {
    let path = format!("grafana/dashboards/{}-{}.json", slug(&service.name), kind.as_str());
    // Plain data with text as keys can always be written.
    let mut json = serde_json::to_string_pretty(dashboard).unwrap_or_default();
    json.push('\n');
    File::new(path, json)
}
