//! Rules for the Prometheus Operator.

use obs_alert::definition::{Definition, Service};

use super::object::{labels, object};
use crate::{File, prometheus, text::slug, yaml};

/// All rules of a service in one object.
pub(super) fn prometheus_rule(definition: &Definition, service: &Service) -> Option<File> {
    let groups = prometheus::groups(definition, service);
    if groups.is_empty() {
        return None;
    }
    let object = object("monitoring.coreos.com/v1", "PrometheusRule", &service.name, &labels(service));
    let document = object.with("spec", prometheus::document(&groups));
    let about = "The rules of prometheus/rules, for the Prometheus Operator.";
    let path = format!("kubernetes/{}.prometheusrule.yaml", slug(&service.name));
    Some(File::new(path, yaml::document(about, &document)))
}
