//! The identity of a service.

use obs_conventions::names::attribute;

use crate::{
    InitError,
    environment::{Env, pairs},
};

const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
/// The name of a service without one when `OTEL_SDK_DISABLED` is set, where nothing is an error.
const UNKNOWN: &str = "unknown_service";

/// The identity of a service: the resource of its spans, log records and pushed metrics, the labels of `obs_build_info`
/// and `target_info`, and the field `service` of log lines.
///
/// The names are those of OpenTelemetry's [resource
/// conventions](https://opentelemetry.io/docs/specs/semconv/resource/#service).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceInfo {
    /// `service.name`, such as `payment-service`; the same for all instances of a service.
    pub name: String,
    /// `service.version`, such as `1.4.2` or a commit id; a release has another one.
    pub version: Option<String>,
    /// `deployment.environment.name`, such as `production` or `staging`.
    pub environment: Option<String>,
    /// Further resource attributes as pairs of name and value, such as `service.namespace` and `shop`.
    pub attributes: Vec<(String, String)>,
}

// === impl ServiceInfo ===

impl ServiceInfo {
    /// Fills in from the environment what code has not set; an empty name counts as not set.
    ///
    /// Code takes precedence over `OTEL_SERVICE_NAME`, and that over the `service.name` of `OTEL_RESOURCE_ATTRIBUTES`
    /// ([specification](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration)).
    /// Values of the environment that are invalid are ignored, with a notice.
    ///
    /// # Errors
    ///
    /// If the name is empty or has control characters, unless `OTEL_SDK_DISABLED` is set.
    pub fn completed(mut self, env: Env<'_>) -> Result<Self, InitError> {
        if self.name.trim().is_empty()
            && let Some(name) = env.get(SERVICE_NAME)
        {
            if is_name(&name) {
                self.name = name;
            } else {
                env.ignore(SERVICE_NAME, &name, EXAMPLE);
            }
        }
        for (key, value) in listed(env) {
            match &*key {
                attribute::SERVICE_NAME if self.name.trim().is_empty() && is_name(&value) => self.name = value,
                attribute::SERVICE_NAME => {}
                attribute::SERVICE_VERSION => drop(self.version.get_or_insert(value)),
                attribute::DEPLOYMENT_ENVIRONMENT => drop(self.environment.get_or_insert(value)),
                _ if self.attributes.iter().any(|(known, _)| *known == key) => {}
                _ => self.attributes.push((key, value)),
            }
        }
        if self.name.trim().is_empty() && env.is_disabled() {
            UNKNOWN.clone_into(&mut self.name);
        }
        if is_name(&self.name) {
            Ok(self)
        } else {
            Err(InitError::invalid("service name", self.name, EXAMPLE))
        }
    }
}

const EXAMPLE: &str = "a name such as \"payment-service\"";

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && !name.chars().any(char::is_control)
}

/// The attributes in `OTEL_RESOURCE_ATTRIBUTES`. The whole list is ignored if a member of it is invalid, as the
/// [specification](https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable)
/// requires. Of two values for a key the later one counts.
fn listed(env: Env<'_>) -> Vec<(String, String)> {
    let list = env.get(RESOURCE_ATTRIBUTES).unwrap_or_default();
    let mut all: Vec<(String, String)> = Vec::new();
    for (number, pair) in (1..).zip(pairs(&list)) {
        let Some((key, value)) = pair else {
            env.notice(format!(
                "{RESOURCE_ATTRIBUTES}: member {number} can't be read, so all of it is ignored; expected a list such as \
                 \"service.version=1.2,team=blue%20sky\", with keys and values percent-encoded"
            ));
            return Vec::new();
        };
        all.retain(|(known, _)| *known != key);
        all.push((key, value));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Notices;

    fn completed(service: ServiceInfo, name: &str, attributes: &str) -> Result<ServiceInfo, InitError> {
        let env = |variable: &str| match variable {
            SERVICE_NAME => Some(name.to_owned()),
            RESOURCE_ATTRIBUTES => Some(attributes.to_owned()),
            _ => None,
        };
        service.completed(Env::without_notices(&env))
    }

    fn named(name: &str) -> ServiceInfo {
        ServiceInfo {
            name: name.to_owned(),
            ..ServiceInfo::default()
        }
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn code_takes_precedence_over_the_environment() {
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
    fn what_code_does_not_set_comes_from_the_environment() {
        let from_env = "service.version=7,deployment.environment.name=prod, empty=,,a=1,a=2,";
        let completed = completed(named("shop"), "", from_env).unwrap();
        assert_eq!(
            (completed.version.as_deref(), completed.environment.as_deref()),
            (Some("7"), Some("prod"))
        );
        assert_eq!(completed.attributes, [pair("empty", ""), pair("a", "2")]);
    }

    #[test]
    fn attributes_are_decoded_and_none_is_cut() {
        let completed = completed(named("shop"), "", "te%61m=a;b%2Cc=d, region = eu west").unwrap();
        assert_eq!(
            completed.attributes,
            [pair("team", "a;b,c=d"), pair("region", "eu west")]
        );
    }

    #[test]
    fn an_invalid_list_is_ignored_with_a_notice_that_does_not_show_it() {
        for bad in ["hidden", "=hidden", "a=%ff"] {
            let env = |variable: &str| (variable == RESOURCE_ATTRIBUTES).then(|| format!("team=blue,{bad}"));
            let notices = Notices::default();
            let completed = named("shop").completed(Env::new(&env, &notices)).unwrap();
            assert_eq!(completed, named("shop"));
            let notice = notices.take().concat();
            assert!(
                notice.starts_with("OTEL_RESOURCE_ATTRIBUTES: member 2 can't be read"),
                "{notice}"
            );
            assert!(!notice.contains("hidden"), "{notice}");
        }
    }

    #[test]
    fn nothing_of_the_environment_refuses_a_service_whose_sdk_is_disabled() {
        let env = |variable: &str| match variable {
            "OTEL_SDK_DISABLED" => Some("true".to_owned()),
            SERVICE_NAME => Some("a\tb".to_owned()),
            _ => Some("nonsense".to_owned()),
        };
        assert_eq!(
            named("").completed(Env::without_notices(&env)).unwrap().name,
            "unknown_service"
        );
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
            assert!(
                error.starts_with("service name is ") && error.contains("payment-service"),
                "{error}"
            );
        }
    }
}
