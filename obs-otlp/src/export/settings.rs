//! The settings of one signal's export: endpoint, transport, queue, batches and timeouts.

use std::time::Duration;

use obs_base::{
    InitError,
    environment::{Env, NO_LIMIT},
};

use super::{endpoint::Endpoint, transport::Transport};
use crate::{
    CodeSettings, ExporterConfig,
    signal::SignalDef,
    wanted::{Export, export_of},
};

const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";

/// The settings of one signal's export, from code and from the variables of OpenTelemetry's specification.
#[derive(Clone, Debug)]
pub(super) struct ExportSettings {
    pub(super) signal: &'static SignalDef,
    pub(super) endpoint: Endpoint,
    pub(super) transport: Transport,
    /// The timeout of one message, with its retries.
    pub(super) request_timeout: Duration,
    /// The timeout of one batch, whatever the number of its messages.
    pub(super) export_timeout: Duration,
    /// How long an item waits for its batch to fill; for metrics, the time between two pushes.
    pub(super) delay: Duration,
    /// The largest number of queued items.
    pub(super) queue: usize,
    /// The largest number of items in a batch.
    pub(super) batch: usize,
}

// === impl ExportSettings ===

impl ExportSettings {
    /// `None` if there is no endpoint, or if the export is switched off.
    pub(super) fn from_settings(
        signal: &'static SignalDef,
        code: CodeSettings<'_>,
        env: Env<'_>,
    ) -> Result<Option<Self>, InitError> {
        let export = export_of(signal, code, env)?;
        if export == Export::Off {
            return Ok(None);
        }
        let Some(endpoint) = Endpoint::from_settings(signal, code, env)? else {
            if export == Export::Requested {
                report_missing(signal, env);
            }
            return Ok(None);
        };
        let (otlp, of) = (code.otlp, signal.signal);
        let queue = otlp.get(of, |otlp| otlp.queue);
        let queue = queue.unwrap_or_else(|| size(signal.queue, 2_048, env));
        let timeout = otlp.get(of, |otlp| otlp.timeout.map(limited));
        let export_timeout = otlp.get(of, |otlp| otlp.export_timeout.map(limited));
        Ok(Some(Self {
            signal,
            transport: Transport::from_settings(signal, endpoint.protocol, code, env)?,
            endpoint,
            request_timeout: timeout
                .or_else(|| env.timeout([signal.timeout, TIMEOUT]))
                .unwrap_or(Duration::from_secs(10)),
            export_timeout: export_timeout
                .or_else(|| env.timeout([signal.export_timeout]))
                .unwrap_or(Duration::from_secs(30)),
            delay: delay(signal, code, env),
            queue,
            batch: batch(signal, queue, code, env),
        }))
    }

    /// The same settings with a queue of at most `most` items, as many as the memory budget has slots for.
    ///
    /// # Errors
    ///
    /// If the queue that code sets is longer.
    pub(super) fn bounded(mut self, most: usize, config: &ExporterConfig<'_>) -> Result<Self, InitError> {
        let (Some(name), true) = (self.signal.queue, self.queue > most) else {
            return Ok(self);
        };
        let code = config.code.otlp.find(self.signal.signal, |otlp| otlp.queue);
        if let Some((place, queue)) = code {
            let expected = format!("at most {most}, for which export_queue_bytes has room");
            return Err(InitError::invalid(place.setting("queue"), queue, expected));
        }
        config.env.notice(format!(
            "{name} is {}, but export_queue_bytes has room for {most} at most",
            self.queue
        ));
        self.queue = most;
        self.batch = self.batch.min(most);
        Ok(self)
    }
}

fn report_missing(signal: &SignalDef, env: Env<'_>) {
    let SignalDef { items, endpoint, .. } = signal;
    env.notice(format!(
        "{items} are not exported, although that is requested, since there is no endpoint: set \
         OTEL_EXPORTER_OTLP_ENDPOINT, {endpoint} or ObsBuilder::otlp_endpoint"
    ));
}

/// How long an item waits for its batch to fill; for metrics, the time between two pushes.
fn delay(signal: &SignalDef, code: CodeSettings<'_>, env: Env<'_>) -> Duration {
    // Metrics have no queue: a delay for all signals is not meant for them.
    let is_push = signal.queue.is_none();
    let of_code = if is_push {
        code.interval
    } else {
        code.otlp.get(signal.signal, |otlp| otlp.delay)
    };
    of_code.unwrap_or_else(|| {
        // An interval of zero would push without a pause.
        let millis = env.number([signal.delay], u32::from(is_push));
        Duration::from_millis(u64::from(millis.unwrap_or(signal.usual_delay)).max(1))
    })
}

/// A timeout of code, limited as those of the environment are.
fn limited(timeout: Duration) -> Duration {
    timeout.min(NO_LIMIT)
}

fn size(name: Option<&'static str>, default: u32, env: Env<'_>) -> usize {
    let number = name.and_then(|name| env.number([name], 1)).unwrap_or(default);
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A batch is not larger than the queue, as OpenTelemetry's specification requires.
fn batch(signal: &SignalDef, queue: usize, code: CodeSettings<'_>, env: Env<'_>) -> usize {
    if let Some(batch) = code.otlp.get(signal.signal, |otlp| otlp.batch) {
        return batch.min(queue);
    }
    let batch = size(signal.batch, 512, env);
    if let (Some(name), Some(of_queue)) = (signal.batch.filter(|name| env.get(name).is_some()), signal.queue)
        && batch > queue
    {
        env.notice(format!(
            "{name} is {batch}, more than the {queue} of {of_queue}: batches have {queue}"
        ));
    }
    batch.min(queue)
}

#[cfg(test)]
mod tests {
    use obs_base::environment::Notices;

    use super::*;
    use crate::{Otlp, OtlpSettings, Signal, signal::TRACES};

    fn settings(set: &[(&str, &str)]) -> Result<Option<ExportSettings>, InitError> {
        let env = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        of_code(
            &settings_of(Otlp::new().endpoint("http://localhost:4318")),
            Env::without_notices(&env),
        )
    }

    /// Settings for all signals.
    fn settings_of(otlp: Otlp) -> OtlpSettings {
        let mut all = OtlpSettings::default();
        all.set(otlp);
        all
    }

    /// The export of spans with these settings in code.
    fn of_code(otlp: &OtlpSettings, env: Env<'_>) -> Result<Option<ExportSettings>, InitError> {
        let code = CodeSettings {
            otlp,
            ..CodeSettings::default()
        };
        ExportSettings::from_settings(&TRACES, code, env)
    }

    /// What is said about these settings of the metrics or traces of a collector.
    fn told(signal: &'static SignalDef, set: &[(&str, &str)]) -> (bool, Vec<String>) {
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

    #[test]
    fn code_beats_the_environment_and_a_signal_beats_all_signals() {
        let env = |name: &str| match name {
            "OTEL_BSP_MAX_QUEUE_SIZE" | "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" => Some("10".to_owned()),
            "OTEL_BSP_SCHEDULE_DELAY" | "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT" | "OTEL_BSP_EXPORT_TIMEOUT" => {
                Some("20".to_owned())
            }
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS" => Some("of-environment=1".to_owned()),
            _ => None,
        };
        let env = Env::without_notices(&env);
        let mut otlp = settings_of(
            Otlp::new()
                .endpoint("http://localhost:4318")
                .queue(100)
                .batch(50)
                .delay(Duration::from_secs(1))
                .timeout(Duration::from_secs(2))
                .header("general", "1"),
        );
        let general = of_code(&otlp, env).unwrap().unwrap();
        assert_eq!((general.queue, general.batch), (100, 50));
        assert_eq!(
            (general.delay, general.request_timeout),
            (Duration::from_secs(1), Duration::from_secs(2))
        );
        assert_eq!(
            general.export_timeout,
            Duration::from_millis(20),
            "what code leaves open"
        );
        assert_eq!(
            general.transport.headers.pairs(),
            [("general".to_owned(), "1".to_owned())]
        );
        let traces = Otlp::new().queue(30).export_timeout(Duration::MAX).header("own", "2");
        otlp.set_for(Signal::Traces, traces);
        let traces = of_code(&otlp, env).unwrap().unwrap();
        assert_eq!((traces.queue, traces.batch), (30, 30));
        assert_eq!(traces.delay, Duration::from_secs(1), "what the signal leaves open");
        assert_eq!(traces.transport.headers.pairs(), [("own".to_owned(), "2".to_owned())]);
        assert!(traces.export_timeout > Duration::from_secs(30 * 24 * 3_600), "no limit");
    }

    #[test]
    fn a_queue_of_code_that_has_no_room_is_refused() {
        let otlp = settings_of(Otlp::new().endpoint("http://localhost").queue(1_000));
        let env = |_: &str| None;
        let (service, budget) = (obs_base::ServiceInfo::default(), crate::Budget::default());
        let config = ExporterConfig {
            service: &service,
            budget: &budget,
            code: CodeSettings {
                otlp: &otlp,
                ..CodeSettings::default()
            },
            env: Env::without_notices(&env),
            recorder: &metrics::NoopRecorder,
        };
        let settings = of_code(&otlp, config.env).unwrap().unwrap();
        assert!(settings.clone().bounded(1_000, &config).is_ok());
        let error = settings.bounded(999, &config).unwrap_err().to_string();
        assert_eq!(
            error,
            "Otlp::queue is \"1000\", expected at most 999, for which export_queue_bytes has room"
        );
    }
}
