//! All files of Prometheus.

use obs_rules::definition::{Definition, Service};

use super::{
    Discovery, Release, alerts, config, discovery,
    rules::{self, Group},
    slos, unit_tests,
};
use crate::{File, text::slug, yaml};

/// All files of Prometheus.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let mut files: Vec<_> = Discovery::ALL
        .into_iter()
        // Where nobody said what to ask, there is nothing to write.
        .filter(|discovery| *discovery != Discovery::Http || definition.links.discovery.is_some())
        .flat_map(|discovery| Release::ALL.map(|release| config(definition, discovery, release)))
        .collect();
    for service in &definition.services {
        files.push(discovery::target_file(service));
        files.extend(rule_files(definition, service));
        files.extend(unit_tests::files(service));
    }
    files
}

/// All groups of a service: what is recorded of its objectives, its alerts.
pub(crate) fn groups(definition: &Definition, service: &Service) -> Vec<Group> {
    kinds(definition, service).into_iter().flat_map(|(.., groups)| groups).collect()
}

fn rule_files(definition: &Definition, service: &Service) -> impl Iterator<Item = File> {
    kinds(definition, service).into_iter().filter(|(.., groups)| !groups.is_empty()).map(|(kind, about, groups)| {
        let about = format!("{about} of {}.{}", service.name, slos::notes(service));
        File::new(rule_path(service, kind), yaml::document(&about, &rules::document(&groups)))
    })
}

pub(super) fn rule_path(service: &Service, kind: &str) -> String {
    format!("prometheus/rules/{}.{kind}.yml", slug(&service.name))
}

fn kinds(definition: &Definition, service: &Service) -> [(&'static str, &'static str, Vec<Group>); 2] {
    [
        ("slos", "Recording rules for the service level objectives", slos::groups(service)),
        ("alerts", "Alert rules", alerts::groups(definition, service)),
    ]
}
