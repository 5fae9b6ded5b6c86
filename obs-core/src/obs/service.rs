//! Who the telemetry is from.

use super::InitError;
use crate::{names::attribute, propagation::baggage_members, trace::Env};

const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// The service's identity, on every signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceInfo {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    /// Deployment environment: `production`, `staging`.
    pub(crate) environment: Option<String>,
    /// Further resource attributes under their OpenTelemetry names.
    pub(crate) attributes: Vec<(String, String)>,
}

// === impl ServiceInfo ===

impl ServiceInfo {
    /// With what the environment says of what code leaves open: an empty name counts as left open.
    ///
    /// `OTEL_SERVICE_NAME` beats the `service.name` of `OTEL_RESOURCE_ATTRIBUTES`
    /// ([resource conventions](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration)).
    pub(super) fn completed(mut self, env: Env<'_>) -> Result<Self, InitError> {
        if self.name.trim().is_empty()
            && let Some(name) = env.get(SERVICE_NAME)
        {
            self.name = name;
        }
        for (key, value) in listed(&env.get(RESOURCE_ATTRIBUTES).unwrap_or_default()) {
            match &*key {
                attribute::SERVICE_NAME if self.name.trim().is_empty() => self.name = value,
                attribute::SERVICE_NAME => {}
                attribute::SERVICE_VERSION => drop(self.version.get_or_insert(value)),
                attribute::DEPLOYMENT_ENVIRONMENT => drop(self.environment.get_or_insert(value)),
                _ if self.attributes.iter().any(|(known, _)| *known == key) => {}
                _ => self.attributes.push((key, value)),
            }
        }
        if self.name.trim().is_empty() || self.name.chars().any(char::is_control) {
            return Err(InitError::invalid("service name", self.name, "a name such as \"payment-service\""));
        }
        Ok(self)
    }
}

/// The members of `key=value,key=value`; the format is that of baggage
/// ([resource SDK](https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable)).
/// Of two values for a key the later one counts.
fn listed(list: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for member in baggage_members(list).filter(|member| !member.key.is_empty()) {
        all.retain(|(known, _)| known != member.key);
        all.push((member.key.to_owned(), member.value.into_owned()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(service: ServiceInfo, name: &str, attributes: &str) -> Result<ServiceInfo, InitError> {
        let env = |variable: &str| match variable {
            SERVICE_NAME => Some(name.to_owned()),
            RESOURCE_ATTRIBUTES => Some(attributes.to_owned()),
            _ => None,
        };
        service.completed(Env(&env))
    }

    fn named(name: &str) -> ServiceInfo {
        ServiceInfo { name: name.to_owned(), ..ServiceInfo::default() }
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn code_beats_the_environment() {
        let service = ServiceInfo {
            name: "shop".to_owned(),
            version: Some("1.2".to_owned()),
            environment: Some("staging".to_owned()),
            attributes: vec![pair("team", "blue")],
        };
        let from_env =
            "service.name=other,service.version=0,deployment.environment.name=prod,team=red,region=eu%20west";
        let completed = completed(service.clone(), "another", from_env).unwrap();
        let attributes = vec![pair("team", "blue"), pair("region", "eu west")];
        assert_eq!(completed, ServiceInfo { attributes, ..service });
    }

    #[test]
    fn what_code_leaves_open_comes_from_the_environment() {
        let from_env = "service.version=7,deployment.environment.name=prod, empty=,novalue,a=1,a=2";
        let completed = completed(named("shop"), "", from_env).unwrap();
        assert_eq!((completed.version.as_deref(), completed.environment.as_deref()), (Some("7"), Some("prod")));
        assert_eq!(completed.attributes, [pair("empty", ""), pair("a", "2")]);
    }

    #[test]
    fn an_empty_name_is_taken_from_the_environment() {
        for (code, variable, attributes, expected) in [
            ("", "from-env", "service.name=from-list", "from-env"),
            (" ", "", "service.name=from-list", "from-list"),
            ("code", "from-env", "service.name=from-list", "code"),
        ] {
            assert_eq!(completed(named(code), variable, attributes).unwrap().name, expected);
        }
    }

    #[test]
    fn a_service_without_a_name_is_refused() {
        for (code, variable) in [("", ""), ("  ", " "), ("a\nb", ""), ("", "a\tb")] {
            let error = completed(named(code), variable, "").unwrap_err().to_string();
            assert!(error.starts_with("service name is ") && error.contains("payment-service"), "{error}");
        }
    }
}
