//! Rules for the Prometheus Operator.

use std::slice;

use obs_rules::definition::{Definition, Service};

use super::object::{LARGEST, labels, object};
use crate::{
    File,
    prometheus::{self, Group, retention_note},
    text::slug,
    yaml,
};

/// The rules of a service: one object, or as many as it takes to keep each below what `kubectl apply` can carry.
pub(super) fn prometheus_rules(definition: &Definition, service: &Service) -> Vec<File> {
    let parts = parts(prometheus::groups(definition, service));
    parts.iter().enumerate().map(|(at, groups)| prometheus_rule(service, at + 1, groups)).collect()
}

fn prometheus_rule(service: &Service, number: usize, groups: &[Group]) -> File {
    // No name of a service has a point: the second object of `orders` is not the first of `orders-2`.
    let suffix = if number == 1 { String::new() } else { format!(".{number}") };
    let name = format!("{}{suffix}", service.name);
    let object = object("monitoring.coreos.com/v1", "PrometheusRule", &name, &labels(service));
    let document = object.with("spec", prometheus::document(groups));
    let mut about = "The rules of prometheus/rules, for the Prometheus Operator.".to_owned();
    if let Some(note) = retention_note([service]) {
        about = format!("{about}\n{note}");
    }
    let path = format!("kubernetes/{}.prometheusrule{suffix}.yaml", slug(&service.name));
    File::new(path, yaml::document(&about, &document))
}

/// Groups in their order, as many in each part as fit. Rules of a group see what those before them recorded, so a group
/// stays whole.
fn parts(groups: Vec<Group>) -> Vec<Vec<Group>> {
    let mut parts: Vec<Vec<Group>> = Vec::new();
    let mut size = 0;
    for group in groups {
        let more = yaml::body(&prometheus::document(slice::from_ref(&group))).len();
        match parts.last_mut() {
            Some(part) if size + more <= LARGEST => part.push(group),
            _ => {
                parts.push(vec![group]);
                size = 0;
            }
        }
        size += more;
    }
    parts
}
