//! What the services promise and are watched for: `obs.yaml`, the file that the `obs` command reads too.

use std::io;

use obs_alert::definition::{Definition, Service};

const FILE: &str = include_str!("../obs.yaml");

/// The definition of a service.
///
/// # Errors
///
/// If the file is wrong or does not speak of it.
pub(crate) fn of(service: &str) -> io::Result<Service> {
    let definition = Definition::parse(FILE, "obs.yaml").map_err(io::Error::other)?;
    let found = definition.services.into_iter().find(|defined| defined.name == service);
    found.ok_or_else(|| io::Error::other(format!("obs.yaml has no service {service:?}")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use obs_alert::{AlertRule, Sli};

    use super::*;

    fn alert<'a>(service: &'a Service, name: &str) -> &'a AlertRule {
        service.alerts.iter().find(|rule| rule.name() == name).unwrap()
    }

    #[test]
    fn every_alert_is_a_good_one() {
        let definition = Definition::parse(FILE, "obs.yaml").unwrap();
        assert_eq!(definition.defects(), []);
        assert!(definition.services.iter().all(|service| service.alerts.len() > 10));
    }

    #[test]
    fn the_storefront_has_what_the_file_says() {
        let storefront = of("storefront").unwrap();
        assert_eq!(storefront.environment, "demo");
        assert!(
            storefront
                .endpoints
                .iter()
                .any(|endpoint| endpoint.template == "/events" && endpoint.is_stream)
        );
        assert_eq!(
            storefront.slos[1].sli(),
            Sli::Latency {
                threshold: Duration::from_millis(300)
            }
        );
        assert!(storefront.duration_bounds().contains(&0.3));
        let checkout = alert(&storefront, "CheckoutFails");
        assert_eq!((checkout.clears_at(), checkout.owner()), (Some(0.1), Some("shop")));
        assert_eq!(
            checkout.runbook(),
            Some("https://runbooks.example.com/shop/checkoutfails")
        );
    }

    #[test]
    fn an_alert_is_its_services_team_s() {
        assert_eq!(
            alert(&of("payments").unwrap(), "HighErrorRate").owner(),
            Some("payments")
        );
    }

    #[test]
    fn a_service_that_is_not_defined_is_told_by_name() {
        assert!(of("warehouse").unwrap_err().to_string().contains("\"warehouse\""));
    }
}
