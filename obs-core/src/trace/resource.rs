//! Who the spans are from.

use opentelemetry::KeyValue;
use opentelemetry_sdk::{
    Resource,
    resource::{ResourceDetector, TelemetryResourceDetector},
};

use super::settings::Env;
use crate::{names::attribute, obs::ServiceInfo};

const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// The service's identity. Code beats environment; what the SDK says about itself comes along.
pub(super) fn resource(service: &ServiceInfo, env: Env<'_>) -> Resource {
    let known = [
        (attribute::SERVICE_VERSION, service.version.as_ref()),
        (attribute::DEPLOYMENT_ENVIRONMENT, service.environment.as_ref()),
        (attribute::SERVICE_NAME, Some(&service.name)),
    ];
    // Of two values for a key, the later one stays.
    Resource::builder_empty()
        .with_attributes(env.get(RESOURCE_ATTRIBUTES).as_deref().map(listed).into_iter().flatten())
        .with_attributes(service.attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())))
        .with_attributes(known.into_iter().filter_map(|(key, value)| Some(KeyValue::new(key, value?.clone()))))
        .with_detector(Box::new(TelemetryResourceDetector) as Box<dyn ResourceDetector>)
        .build()
}

/// The members of `key=value,key=value`; the format is that of baggage
/// ([resource SDK](https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable)).
fn listed(list: &str) -> Vec<KeyValue> {
    crate::propagation::baggage_members(list)
        .filter(|member| !member.key.is_empty())
        .map(|member| KeyValue::new(member.key.to_owned(), member.value.into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(service: &ServiceInfo, listed: &str) -> Vec<(String, String)> {
        let resource = resource(service, Env(&|name| (name == RESOURCE_ATTRIBUTES).then(|| listed.to_owned())));
        let mut all: Vec<_> = resource
            .iter()
            .filter(|(key, _)| !key.as_str().starts_with("telemetry.sdk."))
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        all.sort();
        all
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn code_beats_the_environment() {
        let service = ServiceInfo {
            name: "shop".to_owned(),
            version: Some("1.2".to_owned()),
            environment: Some("staging".to_owned()),
            attributes: vec![("team".to_owned(), "blue".to_owned())],
        };
        let from_env = "service.name=other,service.version=0,team=red,region=eu%20west, empty=,novalue";
        assert_eq!(
            attributes(&service, from_env),
            pairs(&[
                ("deployment.environment.name", "staging"),
                ("empty", ""),
                ("region", "eu west"),
                ("service.name", "shop"),
                ("service.version", "1.2"),
                ("team", "blue"),
            ])
        );
    }

    #[test]
    fn what_code_leaves_open_comes_from_the_environment() {
        let service = ServiceInfo { name: "shop".to_owned(), ..ServiceInfo::default() };
        let from_env = "service.version=7,deployment.environment.name=prod";
        assert_eq!(
            attributes(&service, from_env),
            pairs(&[("deployment.environment.name", "prod"), ("service.name", "shop"), ("service.version", "7")])
        );
    }

    #[test]
    fn the_sdk_names_itself() {
        let resource = resource(&ServiceInfo::default(), Env(&|_| None));
        let language = resource.get(&opentelemetry::Key::new("telemetry.sdk.language"));
        assert_eq!(language.map(|value| value.to_string()).as_deref(), Some("rust"));
    }
}
