//! The OpenTelemetry resource of the exported data.

use obs_base::ServiceInfo;
use obs_conventions::names::attribute;
use opentelemetry::KeyValue;
use opentelemetry_sdk::{
    Resource,
    resource::{ResourceDetector, TelemetryResourceDetector},
};

/// The identity of the service as an OpenTelemetry resource, with the `telemetry.sdk.*` attributes of the SDK.
///
/// They are `service.name`, `service.version` and `deployment.environment.name` of the
/// [semantic conventions](https://opentelemetry.io/docs/specs/semconv/resource/), which take precedence over further
/// attributes with the same keys.
///
/// ```
/// use obs_base::ServiceInfo;
///
/// let service = ServiceInfo { name: "shop".to_owned(), version: Some("1.2".to_owned()), ..ServiceInfo::default() };
/// let resource = obs_otlp::resource(&service);
/// assert!(resource.iter().any(|(key, value)| key.as_str() == "service.version" && value.as_str() == "1.2"));
/// ```
#[must_use]
pub fn resource(service: &ServiceInfo) -> Resource {
    let known = [
        (attribute::SERVICE_VERSION, service.version.as_ref()),
        (attribute::DEPLOYMENT_ENVIRONMENT, service.environment.as_ref()),
        (attribute::SERVICE_NAME, Some(&service.name)),
    ];
    // The later one of two values for a key takes precedence.
    Resource::builder_empty()
        .with_attributes(
            service
                .attributes
                .iter()
                .map(|(key, value)| KeyValue::new(key.clone(), value.clone())),
        )
        .with_attributes(
            known
                .into_iter()
                .filter_map(|(key, value)| Some(KeyValue::new(key, value?.clone()))),
        )
        .with_detector(Box::new(TelemetryResourceDetector) as Box<dyn ResourceDetector>)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attributes_have_the_names_of_the_conventions() {
        let service = ServiceInfo {
            name: "shop".to_owned(),
            version: Some("1.2".to_owned()),
            environment: Some("staging".to_owned()),
            attributes: vec![
                ("team".to_owned(), "blue".to_owned()),
                ("service.name".to_owned(), "other".to_owned()),
            ],
        };
        let resource = resource(&service);
        let mut all: Vec<_> = resource.iter().map(|(key, value)| format!("{key}={value}")).collect();
        all.retain(|one| !one.starts_with("telemetry.sdk."));
        all.sort();
        assert_eq!(
            all,
            [
                "deployment.environment.name=staging",
                "service.name=shop",
                "service.version=1.2",
                "team=blue"
            ]
        );
    }

    #[test]
    fn the_sdk_names_itself() {
        let resource = resource(&ServiceInfo::default());
        let language = resource.get(&opentelemetry::Key::new("telemetry.sdk.language"));
        assert_eq!(language.map(|value| value.to_string()).as_deref(), Some("rust"));
    }
}
