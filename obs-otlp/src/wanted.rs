//! Whether a signal is exported: whether it is requested, and whether this build supports it.

use std::borrow::Cow;

use obs_base::{InitError, MissingFeature, environment::Env};

use crate::{
    CodeSettings, Protocol, Signal,
    code::Place,
    signal::{ENDPOINT, PROTOCOL, SignalDef},
    url,
};

/// Whether a signal is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Export {
    /// It is not.
    Off,
    /// It is, if there is a collector.
    WithCollector,
    /// It is: a collector has to be set too.
    Requested,
}

/// A setting that requests an export.
struct Request {
    setting: Cow<'static, str>,
    value: String,
    is_code: bool,
}

/// Whether a signal is to be exported.
///
/// A request of the environment that this build lacks a feature for is ignored, with a notice: the environment may be
/// that of other services too.
///
/// # Errors
///
/// If code requests an export that needs a feature which is not enabled.
pub(crate) fn export_of(signal: &SignalDef, code: CodeSettings<'_>, env: Env<'_>) -> Result<Export, InitError> {
    if env.is_disabled() {
        return Ok(Export::Off);
    }
    let listed = listed(signal, env);
    if !is_wanted(signal, code, listed, env) {
        return Ok(Export::Off);
    }
    let export = if code.export.or(listed) == Some(true) {
        Export::Requested
    } else {
        Export::WithCollector
    };
    let Some(request) = Request::find(signal, code, listed, env) else {
        return Ok(export);
    };
    let features = missing_features(signal, code, &request, env);
    if features.is_empty() {
        return Ok(export);
    }
    let missing = MissingFeature {
        setting: &request.setting,
        value: &request.value,
        features: &features,
    };
    if request.is_code {
        return Err(InitError::missing_feature(missing));
    }
    env.lacks(missing);
    Ok(Export::Off)
}

/// Whether code or the environment wants the export, and doesn't only have a collector.
fn is_wanted(signal: &SignalDef, code: CodeSettings<'_>, listed: Option<bool>, env: Env<'_>) -> bool {
    let endpoint = code.otlp.find(signal.signal, |otlp| otlp.endpoint.as_ref().map(drop));
    let has_endpoint = endpoint.is_some_and(|(place, ())| place.0.is_some() || !signal.opt_in);
    code.export
        .or(has_endpoint.then_some(true))
        .or(listed)
        .unwrap_or_else(|| !signal.opt_in || env.get(signal.endpoint).is_some())
}

/// Whether the list of exporters, such as `otlp,prometheus`, has ours; `None` if it says nothing.
fn listed(signal: &SignalDef, env: Env<'_>) -> Option<bool> {
    const EXPECTED: &str = "otlp or none";
    let list = env.get(signal.exporter)?;
    let (mut is_ours, mut is_none) = (None, false);
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match &*name.to_ascii_lowercase() {
            "otlp" => is_ours = Some(true),
            "none" => is_none = true,
            // The other exporter of the standard: the page, which is there in any case.
            "prometheus" if signal.signal == Signal::Metrics => drop(is_ours.get_or_insert(false)),
            _ => env.ignore(signal.exporter, name, EXPECTED),
        }
    }
    if is_none && is_ours == Some(true) {
        env.ignore(signal.exporter, "none", "none alone, or exporters");
    }
    is_ours.or(is_none.then_some(false))
}

/// The features without which the export is impossible. A transport is one of them only if there is none: of two, the
/// other one is used.
fn missing_features(signal: &SignalDef, code: CodeSettings<'_>, request: &Request, env: Env<'_>) -> Vec<&'static str> {
    let mut features: Vec<_> = signal.missing_feature.into_iter().collect();
    if cfg!(any(feature = "http", feature = "grpc")) {
        return features;
    }
    let words = [("grpc", Protocol::Grpc), ("http/protobuf", Protocol::Http)];
    let protocol = code
        .otlp
        .get(signal.signal, |otlp| otlp.protocol)
        .or_else(|| env.keyword([signal.protocol, PROTOCOL], &words, "http/protobuf or grpc"));
    features.extend(protocol.unwrap_or(Protocol::Http).missing_feature());
    if !cfg!(feature = "tls") && url::is_https(&request.value) {
        features.push("otlp-tls");
    }
    features
}

// === impl Request ===

impl Request {
    /// The setting that requests the export; `None` for the defaults.
    fn find(signal: &SignalDef, code: CodeSettings<'_>, listed: Option<bool>, env: Env<'_>) -> Option<Self> {
        let of_code = |setting, value| Self {
            setting,
            value,
            is_code: true,
        };
        let of_env = |setting: &'static str, value| Self {
            setting: setting.into(),
            value,
            is_code: false,
        };
        if code.export == Some(true) {
            return Some(of_code(signal.setter.into(), true.to_string()));
        }
        if let Some((place, url)) = code.otlp.find(signal.signal, |otlp| otlp.endpoint.clone())
            && (place != Place(None) || !signal.opt_in)
        {
            return Some(of_code(place.setting("endpoint"), url::without_credentials(&url)));
        }
        if listed == Some(true) {
            return Some(of_env(signal.exporter, "otlp".to_owned()));
        }
        let (variable, url) = env.first([signal.endpoint, ENDPOINT])?;
        Some(of_env(variable, url::without_credentials(&url)))
    }
}

#[cfg(test)]
mod tests {
    use obs_base::environment::Notices;

    use super::*;
    use crate::{
        Otlp, OtlpSettings,
        signal::{LOGS, METRICS, TRACES},
    };

    /// What is exported with these variables, and what is said about them.
    fn in_env(signal: &SignalDef, set: &[(&str, &str)]) -> (Export, Vec<String>) {
        let env = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let notices = Notices::default();
        let export = export_of(signal, CodeSettings::default(), Env::new(&env, &notices)).unwrap();
        (export, notices.take())
    }

    fn in_code(signal: &SignalDef, otlp: &OtlpSettings, export: Option<bool>) -> Result<Export, InitError> {
        let code = CodeSettings {
            otlp,
            export,
            interval: None,
        };
        export_of(signal, code, Env::without_notices(&|_| None))
    }

    /// Whether this build can export the signal.
    fn is_possible(signal: &SignalDef) -> bool {
        cfg!(any(feature = "http", feature = "grpc")) && signal.missing_feature.is_none()
    }

    #[test]
    fn what_the_environment_asks_for_is_exported_or_its_feature_is_named() {
        for (signal, variable, value, feature) in [
            (&LOGS, "OTEL_LOGS_EXPORTER", "otlp", "otlp-logs"),
            (&LOGS, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://host", "otlp-logs"),
            (&METRICS, "OTEL_METRICS_EXPORTER", "otlp", "otlp-metrics"),
            (
                &METRICS,
                "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
                "http://host",
                "otlp-metrics",
            ),
            (&TRACES, "OTEL_TRACES_EXPORTER", "otlp", "otlp-http"),
            (&TRACES, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://host", "otlp-http"),
            (
                &TRACES,
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                "http://host",
                "otlp-http",
            ),
        ] {
            let (export, notices) = in_env(signal, &[(variable, value)]);
            if is_possible(signal) {
                assert_ne!(export, Export::Off, "{variable}");
                assert_eq!(notices, Vec::<String>::new());
                continue;
            }
            assert_eq!((export, notices.len()), (Export::Off, 1), "{variable}: {notices:?}");
            let notice = &notices[0];
            assert!(
                notice.starts_with(&format!("{variable} is {value:?}, which needs the feature"))
                    && notice.contains(&format!("`{feature}`"))
                    && notice.ends_with("; it is ignored"),
                "{notice}"
            );
        }
    }

    #[test]
    fn what_code_asks_for_is_exported_or_an_error_with_the_same_text() {
        let (mut all, mut of_logs) = (OtlpSettings::default(), OtlpSettings::default());
        all.set(Otlp::new().endpoint("http://user:secret@host"));
        of_logs.set_for(Signal::Logs, Otlp::new().endpoint("http://host"));
        let none = OtlpSettings::default();
        for (signal, otlp, export, setting) in [
            (&TRACES, &all, None, "otlp_endpoint is \"http://…@host\""),
            (
                &LOGS,
                &of_logs,
                None,
                "Otlp::endpoint of Signal::Logs is \"http://host\"",
            ),
            (&LOGS, &none, Some(true), "otlp_logs is \"true\""),
            (&METRICS, &none, Some(true), "otlp_metrics is \"true\""),
        ] {
            let asked = in_code(signal, otlp, export);
            if is_possible(signal) {
                assert_ne!(asked.unwrap(), Export::Off, "{setting}");
            } else {
                let error = asked.unwrap_err().to_string();
                assert!(
                    error.starts_with(&format!("{setting}, which needs the feature")),
                    "{error}"
                );
            }
        }
        assert_eq!(
            in_code(&LOGS, &all, None).unwrap(),
            Export::Off,
            "a collector alone takes no logs"
        );
        assert_eq!(in_code(&LOGS, &of_logs, Some(false)).unwrap(), Export::Off);
    }

    #[test]
    fn a_disabled_sdk_lacks_nothing() {
        for signal in [&TRACES, &LOGS, &METRICS] {
            let set = [("OTEL_SDK_DISABLED", "true"), (signal.exporter, "otlp")];
            assert_eq!(in_env(signal, &set), (Export::Off, Vec::new()));
        }
    }
}
