//! How items are gathered and sent.

use std::time::Duration;

use super::{endpoint::Endpoint, signal::Signal, transport::Transport};
use crate::{obs::InitError, trace::settings::Env};

/// The batch settings of the standard and where to send to.
#[derive(Clone, Debug)]
pub(crate) struct ExportSettings {
    pub(super) signal: &'static Signal,
    pub(super) endpoint: Endpoint,
    pub(super) transport: Transport,
    /// How long the collector may take for a request, with its retries.
    pub(super) request_timeout: Duration,
    /// How long one batch may take whatever happens.
    pub(super) export_timeout: Duration,
    /// How long an item waits for company.
    pub(super) delay: Duration,
    /// Items that wait at most.
    pub(super) queue: usize,
    /// Items that are sent at once, at most.
    pub(super) batch: usize,
}

/// What code says about an export.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FromCode<'a> {
    /// The collector, as a base URL.
    pub(crate) endpoint: Option<&'a str>,
    /// Whether to export.
    pub(crate) export: Option<bool>,
    /// How long an item waits for company.
    pub(crate) delay: Option<Duration>,
}

// === impl Env ===

impl Env<'_> {
    /// The first of `names` that is set, with its value.
    pub(super) fn first(&self, names: [&'static str; 2]) -> Option<(&'static str, String)> {
        names.into_iter().find_map(|name| self.get(name).map(|value| (name, value)))
    }

    /// Whether a switch is on; everything but `true` is off.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Refuses every value but one, in any case.
    #[cfg(feature = "otlp-metrics")]
    pub(super) fn only(&self, name: &'static str, value: &str) -> Result<(), InitError> {
        match self.get(name) {
            Some(given) if !given.eq_ignore_ascii_case(value) => Err(InitError::invalid(name, given, value)),
            _ => Ok(()),
        }
    }

    /// A whole number from 1 on.
    pub(super) fn number(&self, name: &'static str, default: u32) -> Result<u32, InitError> {
        let Some(value) = self.get(name) else { return Ok(default) };
        match value.parse() {
            Ok(0) | Err(_) => Err(InitError::invalid(name, value, format!("a whole number from 1 to {}", u32::MAX))),
            Ok(number) => Ok(number),
        }
    }
}

// === impl ExportSettings ===

impl ExportSettings {
    /// None if nothing says where to send to, or the SDK is switched off.
    pub(super) fn from_settings(
        signal: &'static Signal,
        code: FromCode<'_>,
        env: Env<'_>,
    ) -> Result<Option<Self>, InitError> {
        if env.is_true("OTEL_SDK_DISABLED") || !is_wanted(signal, code, env)? {
            return Ok(None);
        }
        let Some(endpoint) = Endpoint::from_settings(signal, code.endpoint, env)? else { return Ok(None) };
        let queue = size(signal.queue, 2_048, env)?;
        let batch = size(signal.batch, 512, env)?;
        let request_timeout = millis("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000, env)?;
        Ok(Some(Self {
            signal,
            endpoint,
            transport: Transport::from_settings(signal, env)?,
            request_timeout: match env.get(signal.timeout) {
                Some(_) => millis(signal.timeout, 10_000, env)?,
                None => request_timeout,
            },
            export_timeout: millis(signal.export_timeout, 30_000, env)?,
            delay: match code.delay {
                Some(delay) => delay,
                None => millis(signal.delay, signal.usual_delay, env)?,
            },
            queue,
            // The standard wants a batch to be no larger than the queue.
            batch: batch.min(queue),
        }))
    }
}

/// Whether a signal is to be exported, once there is a collector.
fn is_wanted(signal: &Signal, code: FromCode<'_>, env: Env<'_>) -> Result<bool, InitError> {
    if let Some(export) = code.export {
        return Ok(export);
    }
    if !signal.opt_in && code.endpoint.is_some() {
        return Ok(true);
    }
    match env.get(signal.exporter) {
        None => Ok(!signal.opt_in || env.get(signal.endpoint).is_some()),
        Some(list) => is_listed(signal, &list),
    }
}

/// Whether the list of exporters, such as `otlp,prometheus`, has ours.
fn is_listed(signal: &Signal, list: &str) -> Result<bool, InitError> {
    let mut is_ours = false;
    for name in list.split(',').map(str::trim) {
        match name {
            "otlp" => is_ours = true,
            "none" if list.trim() == name => {}
            // The other exporter of the standard: the page, which is there in any case.
            "prometheus" if signal.path.ends_with("metrics") => {}
            _ => return Err(InitError::invalid(signal.exporter, list, "otlp or none")),
        }
    }
    Ok(is_ours)
}

fn millis(name: &'static str, default: u32, env: Env<'_>) -> Result<Duration, InitError> {
    Ok(Duration::from_millis(env.number(name, default)?.into()))
}

fn size(name: Option<&'static str>, default: u32, env: Env<'_>) -> Result<usize, InitError> {
    let number = name.map_or(Ok(default), |name| env.number(name, default))?;
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::export::signal::TRACES;

    fn settings(set: &[(&str, &str)]) -> Result<Option<ExportSettings>, InitError> {
        let env = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let code = FromCode { endpoint: Some("http://localhost:4318"), ..FromCode::default() };
        ExportSettings::from_settings(&TRACES, code, Env(&env))
    }

    #[test]
    fn the_defaults_are_those_of_the_standard() {
        let settings = settings(&[]).unwrap().unwrap();
        assert_eq!((settings.queue, settings.batch), (2_048, 512));
        assert_eq!(settings.delay, Duration::from_secs(5));
        assert_eq!(settings.export_timeout, Duration::from_secs(30));
        assert_eq!(settings.request_timeout, Duration::from_secs(10));
    }

    #[test]
    fn the_environment_is_honoured() {
        let settings = settings(&[
            ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "200"),
            ("OTEL_BSP_SCHEDULE_DELAY", "1000"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "2000"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "3000"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "4000"),
        ]);
        let settings = settings.unwrap().unwrap();
        assert_eq!((settings.queue, settings.batch), (100, 100));
        assert_eq!(settings.delay, Duration::from_secs(1));
        assert_eq!(settings.export_timeout, Duration::from_secs(2));
        assert_eq!(settings.request_timeout, Duration::from_secs(4));
    }

    #[test]
    fn a_number_that_is_none_is_refused_by_name() {
        for bad in ["0", "-1", "many", "1.5", "99999999999"] {
            let error = settings(&[("OTEL_BSP_MAX_QUEUE_SIZE", bad)]).unwrap_err().to_string();
            assert!(error.starts_with("OTEL_BSP_MAX_QUEUE_SIZE is ") && error.contains(bad), "{error}");
        }
    }

    #[test]
    fn the_environment_can_ask_for_no_exporter() {
        let exporter = |name| {
            let env = |key: &str| match key {
                "OTEL_TRACES_EXPORTER" => Some(String::from(name)),
                "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://host".to_owned()),
                _ => None,
            };
            ExportSettings::from_settings(&TRACES, FromCode::default(), Env(&env)).map(|settings| settings.is_some())
        };
        assert!(!exporter("none").unwrap());
        assert!(exporter("otlp").unwrap() && exporter("").unwrap());
        let error = exporter("zipkin").unwrap_err().to_string();
        assert_eq!(error, "OTEL_TRACES_EXPORTER is \"zipkin\", expected otlp or none");
        for bad in ["otlp,zipkin", "otlp,none", "none,none", "otlp,", "prometheus"] {
            let error = exporter(bad).unwrap_err().to_string();
            assert_eq!(error, format!("OTEL_TRACES_EXPORTER is {bad:?}, expected otlp or none"));
        }
        assert!(settings(&[("OTEL_TRACES_EXPORTER", "none")]).unwrap().is_some(), "code beats environment");
    }

    #[test]
    fn a_switched_off_sdk_exports_nothing() {
        assert!(settings(&[("OTEL_SDK_DISABLED", "True")]).unwrap().is_none());
        assert!(settings(&[("OTEL_SDK_DISABLED", "false")]).unwrap().is_some());
    }
}
