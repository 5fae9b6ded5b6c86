//! Reads an SLO.

use std::sync::Arc;

use super::{Service, fields::Field, report::suggestion};
use crate::{Scope, Sli, Slo};

const KEYS: [&str; 8] = [
    "name",
    "description",
    "endpoint",
    "objective",
    "window",
    "sli",
    "threshold",
    "min_requests",
];

pub(super) fn read_slo(field: Field<'_>, service: &Service) -> Option<Arc<Slo>> {
    let fields = field.fields("an SLO", &KEYS)?;
    let name = fields.need("name", "availability").and_then(Field::name);
    let objective = fields.need("objective", "99.9").and_then(Field::percent);
    let window = fields.need("window", "30d").and_then(Field::window);
    let sli = match fields.get("sli").map_or(Some("availability"), Field::text)? {
        "availability" => fields.get("threshold").map_or(Some(Sli::Availability), |threshold| {
            threshold.refuse("nothing here: a threshold belongs to `sli: latency`")
        }),
        "latency" => {
            let threshold = fields.need("threshold", "300ms").and_then(Field::window);
            threshold.map(|threshold| Sli::Latency {
                threshold: threshold.duration(),
            })
        }
        _ => fields.get("sli").and_then(|sli| sli.refuse("availability or latency")),
    };
    let min_requests = fields.get("min_requests").map_or(Some(0.0), Field::number);
    let scope = fields.get("endpoint").map_or(Some(Scope::service()), |field| {
        let is_timed = matches!(sli, Some(Sli::Latency { .. }));
        read_scope(field, service, is_timed)
    });
    let slo = Slo::new(name?, objective?, window?, sli?)
        .description(fields.text("description"))
        .scope(scope?)
        .min_requests(min_requests?);
    match slo.check() {
        Ok(()) => Some(Arc::new(slo)),
        Err(error) => field.report.add(field.at(), error.to_string()),
    }
}

/// A declared endpoint; a stream by nature has no latency to watch.
pub(super) fn read_scope(field: Field<'_>, service: &Service, is_timed: bool) -> Option<Scope> {
    let wanted = field.endpoint()?;
    let declared = service
        .endpoints
        .iter()
        .find(|endpoint| endpoint.method == wanted.method && endpoint.template == wanted.template);
    match declared {
        Some(endpoint) if endpoint.is_stream && is_timed => {
            field.refuse("an endpoint whose answer ends: a stream has no latency to watch")
        }
        Some(endpoint) => Some(endpoint.scope()),
        None => {
            let known: Vec<String> = service
                .endpoints
                .iter()
                .map(|endpoint| format!("{} {}", endpoint.method, endpoint.template))
                .collect();
            let hint = suggestion(field.text()?, known.iter().map(String::as_str));
            field.refuse(&format!(
                "an endpoint of {:?}{hint}: declare it in `endpoints`",
                service.name
            ))
        }
    }
}
