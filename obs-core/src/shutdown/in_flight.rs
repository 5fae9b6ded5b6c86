//! Requests that have arrived and not ended, as the metrics know them.

use crate::{
    Obs,
    metrics::{FamilySnapshot, Target, ValueSnapshot},
    names::{metric, semconv},
};

/// How many requests of the instance's layers are under way; 0 where that can't be read, because
/// metrics are off or go to another recorder.
pub(super) fn requests(obs: &Obs) -> u64 {
    match &obs.shared().target {
        Target::Own(registry) => count(&registry.snapshot()),
        Target::Facade(_) => 0,
    }
}

fn count(families: &[FamilySnapshot]) -> u64 {
    // Each layer can have a namespace of its own.
    let values = families.iter().filter(|family| is_of_servers(&family.name)).flat_map(|family| &family.series);
    let sum: f64 = values
        .map(|series| match series.value {
            ValueSnapshot::Gauge(value) => value.max(0.0),
            _ => 0.0,
        })
        .sum();
    // What is too large or not a number stops at the ends of the range.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count that is not negative")]
    let requests = sum as u64;
    requests
}

fn is_of_servers(name: &str) -> bool {
    let ends_in = |base: &str| name.strip_suffix(base).is_some_and(|front| front.is_empty() || front.ends_with('_'));
    let is_of_guide = ends_in(metric::IN_FLIGHT.base()) && !ends_in(metric::CLIENT_IN_FLIGHT.base());
    is_of_guide || name == semconv::SERVER_ACTIVE_REQUESTS.base()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_from_clients_by_the_name_in_any_namespace() {
        assert!(is_of_servers("requests_in_flight") && is_of_servers("http_requests_in_flight"));
        assert!(!is_of_servers("client_requests_in_flight") && !is_of_servers("shop_client_requests_in_flight"));
        assert!(!is_of_servers("requests_in_flight_limit"));
    }
}
