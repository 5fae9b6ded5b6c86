//! How items are gathered and sent.

use std::time::Duration;

use obs_base::{InitError, environment::Env};

use super::{endpoint::Endpoint, signal::Signal, transport::Transport};
use crate::CodeSettings;

const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";

/// The batch settings of the standard and where to send to.
#[derive(Clone, Debug)]
pub(super) struct ExportSettings {
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

// === impl ExportSettings ===

impl ExportSettings {
    /// None if nothing says where to send to, or the SDK is switched off.
    pub(super) fn from_settings(
        signal: &'static Signal,
        code: CodeSettings<'_>,
        env: Env<'_>,
    ) -> Result<Option<Self>, InitError> {
        if env.is_disabled() {
            return Ok(None);
        }
        let listed = listed(signal, env);
        if !is_wanted(signal, code, listed, env) {
            return Ok(None);
        }
        let Some(endpoint) = Endpoint::from_settings(signal, code.endpoint, env)? else {
            if code.export.or(listed) == Some(true) {
                tell_missing(signal, env);
            }
            return Ok(None);
        };
        let queue = size(signal.queue, 2_048, env);
        // An interval of nothing would be no interval.
        let least = u32::from(signal.queue.is_none());
        Ok(Some(Self {
            signal,
            transport: Transport::from_settings(signal, endpoint.protocol, env)?,
            endpoint,
            request_timeout: env
                .timeout([signal.timeout, TIMEOUT])
                .unwrap_or(Duration::from_secs(10)),
            export_timeout: env.timeout([signal.export_timeout]).unwrap_or(Duration::from_secs(30)),
            delay: code.delay.unwrap_or_else(|| {
                let millis = env.number([signal.delay], least).unwrap_or(signal.usual_delay);
                Duration::from_millis(u64::from(millis).max(1))
            }),
            queue,
            batch: batch(signal, queue, env),
        }))
    }

    /// With a queue that is not longer than this, the most for which there are bytes.
    pub(super) fn bounded(mut self, most: usize, env: Env<'_>) -> Self {
        if let (Some(name), true) = (self.signal.queue, self.queue > most) {
            env.notice(format!(
                "{name} is {}, but export_queue_bytes has room for {most} at most",
                self.queue
            ));
            self.queue = most;
            self.batch = self.batch.min(most);
        }
        self
    }
}

/// Whether a signal is to be exported, once there is a collector.
fn is_wanted(signal: &Signal, code: CodeSettings<'_>, listed: Option<bool>, env: Env<'_>) -> bool {
    let by_code = code
        .export
        .or((!signal.opt_in && code.endpoint.is_some()).then_some(true));
    by_code
        .or(listed)
        .unwrap_or_else(|| !signal.opt_in || env.get(signal.endpoint).is_some())
}

/// Whether the list of exporters, such as `otlp,prometheus`, has ours; none if it says nothing.
fn listed(signal: &Signal, env: Env<'_>) -> Option<bool> {
    const EXPECTED: &str = "otlp or none";
    let list = env.get(signal.exporter)?;
    let (mut is_ours, mut is_none) = (None, false);
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match &*name.to_ascii_lowercase() {
            "otlp" => is_ours = Some(true),
            "none" => is_none = true,
            // The other exporter of the standard: the page, which is there in any case.
            "prometheus" if signal.path.ends_with("metrics") => drop(is_ours.get_or_insert(false)),
            _ => env.ignore(signal.exporter, name, EXPECTED),
        }
    }
    if is_none && is_ours == Some(true) {
        env.ignore(signal.exporter, "none", "none alone, or exporters");
    }
    is_ours.or(is_none.then_some(false))
}

fn tell_missing(signal: &Signal, env: Env<'_>) {
    let Signal { items, endpoint, .. } = signal;
    env.notice(format!(
        "{items} are to be exported, but nothing says where to, so they are not: set OTEL_EXPORTER_OTLP_ENDPOINT, \
         {endpoint} or ObsBuilder::otlp_endpoint"
    ));
}

fn size(name: Option<&'static str>, default: u32, env: Env<'_>) -> usize {
    let number = name.and_then(|name| env.number([name], 1)).unwrap_or(default);
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The standard wants a batch to be no larger than the queue.
fn batch(signal: &Signal, queue: usize, env: Env<'_>) -> usize {
    let batch = size(signal.batch, 512, env);
    if let (Some(name), Some(of_queue)) = (signal.batch.filter(|name| env.get(name).is_some()), signal.queue)
        && batch > queue
    {
        env.notice(format!(
            "{name} is {batch}, more than the {queue} of {of_queue}, which is taken"
        ));
    }
    batch.min(queue)
}

#[cfg(test)]
mod tests {
    use obs_base::environment::Notices;

    use super::*;
    use crate::export::signal::TRACES;

    fn settings(set: &[(&str, &str)]) -> Result<Option<ExportSettings>, InitError> {
        let env = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let code = CodeSettings {
            endpoint: Some("http://localhost:4318"),
            ..CodeSettings::default()
        };
        ExportSettings::from_settings(&TRACES, code, Env::without_notices(&env))
    }

    /// What is said about these settings of the metrics or traces of a collector.
    fn told(signal: &'static Signal, set: &[(&str, &str)]) -> (bool, Vec<String>) {
        let env = |name: &str| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://host".to_owned()),
            _ => set
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned()),
        };
        let notices = Notices::default();
        let settings = ExportSettings::from_settings(signal, CodeSettings::default(), Env::new(&env, &notices));
        (settings.unwrap().is_some(), notices.take())
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
    fn a_number_that_can_not_be_is_told_and_ignored() {
        for bad in ["0", "-1", "many", "1.5", "99999999999"] {
            let (_, notices) = told(&TRACES, &[("OTEL_BSP_MAX_QUEUE_SIZE", bad)]);
            let expected = "expected a whole number from 1 to 4294967295: it is ignored";
            assert_eq!(notices, [format!("OTEL_BSP_MAX_QUEUE_SIZE is \"{bad}\", {expected}")]);
            assert_eq!(
                settings(&[("OTEL_BSP_MAX_QUEUE_SIZE", bad)]).unwrap().unwrap().queue,
                2_048
            );
        }
        let set = [
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "-5"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "3000"),
        ];
        assert_eq!(
            settings(&set).unwrap().unwrap().request_timeout,
            Duration::from_secs(3),
            "the next one counts"
        );
        let (_, notices) = told(
            &TRACES,
            &[
                ("OTEL_BSP_MAX_QUEUE_SIZE", "10"),
                ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "20"),
            ],
        );
        assert!(
            notices.concat().contains("more than the 10 of OTEL_BSP_MAX_QUEUE_SIZE"),
            "{notices:?}"
        );
    }

    #[test]
    fn a_timeout_of_0_is_none() {
        let settings = settings(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "0"), ("OTEL_BSP_EXPORT_TIMEOUT", "0")]);
        let settings = settings.unwrap().unwrap();
        let year = Duration::from_secs(30 * 24 * 3_600);
        assert!(settings.request_timeout > year && settings.export_timeout > year);
    }

    #[test]
    fn a_delay_of_0_does_not_keep_the_thread_busy() {
        let settings = settings(&[("OTEL_BSP_SCHEDULE_DELAY", "0")]).unwrap().unwrap();
        assert_eq!(settings.delay, Duration::from_millis(1));
    }

    #[test]
    fn the_environment_can_ask_for_no_exporter() {
        for (list, is_exported, warns) in [
            ("none", false, false),
            ("None,none", false, false),
            ("otlp", true, false),
            ("OTLP", true, false),
            ("", true, false),
            ("otlp,", true, false),
            ("zipkin", true, true),
            ("otlp,zipkin", true, true),
            ("zipkin,none", false, true),
            ("otlp,none", true, true),
            ("prometheus", true, true),
        ] {
            let (exported, notices) = told(&TRACES, &[("OTEL_TRACES_EXPORTER", list)]);
            assert_eq!(
                (exported, !notices.is_empty()),
                (is_exported, warns),
                "{list}: {notices:?}"
            );
        }
        let (_, notices) = told(&TRACES, &[("OTEL_TRACES_EXPORTER", "zipkin")]);
        assert_eq!(
            notices,
            ["OTEL_TRACES_EXPORTER is \"zipkin\", expected otlp or none: it is ignored"]
        );
        assert!(
            settings(&[("OTEL_TRACES_EXPORTER", "none")]).unwrap().is_some(),
            "code beats environment"
        );
    }

    #[test]
    fn an_export_that_nobody_can_do_is_told() {
        for (code, list) in [(Some(true), ""), (None, "otlp")] {
            let env = |name: &str| (name == "OTEL_TRACES_EXPORTER").then(|| list.to_owned());
            let notices = Notices::default();
            let code = CodeSettings {
                export: code,
                ..CodeSettings::default()
            };
            let settings = ExportSettings::from_settings(&TRACES, code, Env::new(&env, &notices)).unwrap();
            assert!(settings.is_none());
            assert!(notices.take().concat().contains("set OTEL_EXPORTER_OTLP_ENDPOINT"));
        }
    }

    #[test]
    fn a_switched_off_sdk_exports_nothing_whatever_else_is_set() {
        assert!(settings(&[("OTEL_SDK_DISABLED", "True")]).unwrap().is_none());
        assert!(settings(&[("OTEL_SDK_DISABLED", "false")]).unwrap().is_some());
        let nonsense = [
            ("OTEL_SDK_DISABLED", "TRUE"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "nonsense"),
        ];
        assert_eq!(told(&TRACES, &nonsense), (false, Vec::new()));
        let (exported, notices) = told(&TRACES, &[("OTEL_SDK_DISABLED", "yes")]);
        assert!(
            exported && notices.concat().contains("expected true or false"),
            "{notices:?}"
        );
    }
}
