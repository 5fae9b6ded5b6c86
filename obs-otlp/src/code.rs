//! The settings of the export that an application makes in code, for all signals.

use std::{borrow::Cow, time::Duration};

use obs_base::{InitError, MissingFeature};

use crate::{Otlp, Pem, Protocol, Signal, headers::Headers};

/// The shortest delay: without one, the export thread would run without a pause.
const LEAST_DELAY: Duration = Duration::from_millis(1);
/// The longest queue and the largest batch, as in the environment.
const MOST_ITEMS: usize = u32::MAX as usize;

/// The settings of the export in code: those for all signals, and those of each signal, which take precedence.
///
/// ```
/// use obs_otlp::{Otlp, OtlpSettings, Signal};
///
/// let mut settings = OtlpSettings::default();
/// settings.set(Otlp::new().endpoint("http://collector:4318").queue(4_096));
/// settings.set_for(Signal::Logs, Otlp::new().batch(100));
/// assert!(settings.check().is_ok());
///
/// settings.set_for(Signal::Logs, Otlp::new().batch(0));
/// let error = settings.check().unwrap_err().to_string();
/// assert_eq!(error, "Otlp::batch of Signal::Logs is \"0\", expected a number from 1 to 4294967295");
/// ```
#[derive(Clone, Debug, Default)]
pub struct OtlpSettings {
    all: Otlp,
    traces: Otlp,
    logs: Otlp,
    metrics: Otlp,
}

/// The scope of a setting in code: one signal, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(pub(crate) Option<Signal>);

/// Settings of which none is set.
pub(crate) static UNSET: OtlpSettings = OtlpSettings {
    all: Otlp::new(),
    traces: Otlp::new(),
    logs: Otlp::new(),
    metrics: Otlp::new(),
};

// === impl OtlpSettings ===

impl OtlpSettings {
    /// Sets the settings of `otlp` for all signals. Those that it leaves unset keep their values.
    pub fn set(&mut self, otlp: Otlp) {
        self.all = otlp.or(std::mem::take(&mut self.all));
    }

    /// Sets the settings of `otlp` for one signal. Those that it leaves unset keep their values, or are those for all
    /// signals.
    pub fn set_for(&mut self, signal: Signal, otlp: Otlp) {
        let of_signal = self.of_mut(signal);
        *of_signal = otlp.or(std::mem::take(of_signal));
    }

    /// Checks the settings as far as they don't depend on the environment, whether anything is exported or not.
    ///
    /// # Errors
    ///
    /// If a value is out of its range, if the name or the value of a header is invalid, if a transport needs a
    /// feature that is not enabled, or if a queue, a batch or a delay is set for metrics, which have none. The error
    /// names the setting, its signal and the range, and never the value of a header.
    pub fn check(&self) -> Result<(), InitError> {
        for signal in [None, Some(Signal::Traces), Some(Signal::Logs), Some(Signal::Metrics)] {
            Place(signal).check(signal.map_or(&self.all, |signal| self.of(signal)))?;
        }
        Ok(())
    }

    /// The value that `get` finds for the signal, else for all signals, with the scope in which it is set.
    pub(crate) fn find<T>(&self, signal: Signal, get: impl Fn(&Otlp) -> Option<T>) -> Option<(Place, T)> {
        let of_signal = get(self.of(signal)).map(|value| (Place(Some(signal)), value));
        of_signal.or_else(|| get(&self.all).map(|value| (Place(None), value)))
    }

    /// The setting of the signal, else that of all signals.
    pub(crate) fn get<T>(&self, signal: Signal, get: impl Fn(&Otlp) -> Option<T>) -> Option<T> {
        self.find(signal, get).map(|(_, value)| value)
    }

    fn of(&self, signal: Signal) -> &Otlp {
        match signal {
            Signal::Traces => &self.traces,
            Signal::Logs => &self.logs,
            Signal::Metrics => &self.metrics,
        }
    }

    fn of_mut(&mut self, signal: Signal) -> &mut Otlp {
        match signal {
            Signal::Traces => &mut self.traces,
            Signal::Logs => &mut self.logs,
            Signal::Metrics => &mut self.metrics,
        }
    }
}

// === impl Place ===

impl Place {
    /// The name of a setting at this place, for errors.
    pub(crate) fn setting(self, setting: &str) -> Cow<'static, str> {
        match self.0 {
            None if setting == "endpoint" => "otlp_endpoint".into(),
            None => format!("Otlp::{setting}").into(),
            Some(signal) => format!("Otlp::{setting} of Signal::{signal:?}").into(),
        }
    }

    fn check(self, otlp: &Otlp) -> Result<(), InitError> {
        let Otlp {
            endpoint: _,
            protocol,
            headers,
            gzip,
            certificate,
            client_certificate,
            client_key,
            timeout,
            export_timeout,
            queue,
            batch,
            delay,
        } = otlp;
        if let Some(protocol) = protocol {
            protocol.check(self)?;
        }
        self.check_gzip(*gzip)?;
        self.check_pem("certificate", certificate.as_ref())?;
        self.check_pem("client_certificate", client_certificate.as_ref())?;
        self.check_pem("client_key", client_key.as_ref())?;
        Headers::of_code(self, headers.as_deref().unwrap_or_default(), *protocol)?;
        self.check_time("timeout", *timeout, Duration::from_nanos(1), "a time above zero")?;
        self.check_time(
            "export_timeout",
            *export_timeout,
            Duration::from_nanos(1),
            "a time above zero",
        )?;
        self.check_time("delay", *delay, LEAST_DELAY, "at least a millisecond")?;
        self.check_items("queue", *queue, MOST_ITEMS)?;
        self.check_items("batch", *batch, queue.unwrap_or(MOST_ITEMS))?;
        let of_queue = [
            ("queue", queue.is_some()),
            ("batch", batch.is_some()),
            ("delay", delay.is_some()),
        ];
        match of_queue.into_iter().find(|(_, is_set)| *is_set) {
            Some((setting, _)) if self.0 == Some(Signal::Metrics) => Err(InitError::invalid(
                self.setting(setting),
                "set",
                "nothing: metrics don't queue, and ObsBuilder::otlp_metrics_interval is how often they are pushed",
            )),
            _ => Ok(()),
        }
    }

    fn check_gzip(self, gzip: Option<bool>) -> Result<(), InitError> {
        if gzip != Some(true) || cfg!(feature = "gzip") {
            return Ok(());
        }
        Err(InitError::missing_feature(MissingFeature {
            setting: &self.setting("gzip"),
            value: "true",
            features: &["gzip"],
        }))
    }

    /// What it has in it is checked where it is used.
    fn check_pem(self, setting: &str, pem: Option<&Pem>) -> Result<(), InitError> {
        match pem {
            Some(pem) if !cfg!(feature = "tls") => Err(InitError::missing_feature(MissingFeature {
                setting: &self.setting(setting),
                value: &pem.to_string(),
                features: &["otlp-tls"],
            })),
            _ => Ok(()),
        }
    }

    fn check_time(
        self,
        setting: &str,
        time: Option<Duration>,
        least: Duration,
        expected: &'static str,
    ) -> Result<(), InitError> {
        match time.filter(|time| *time < least) {
            Some(time) => Err(InitError::invalid(
                self.setting(setting),
                format_args!("{time:?}"),
                expected,
            )),
            None => Ok(()),
        }
    }

    fn check_items(self, setting: &str, items: Option<usize>, most: usize) -> Result<(), InitError> {
        match items.filter(|items| *items == 0 || *items > most) {
            Some(items) => Err(InitError::invalid(
                self.setting(setting),
                items,
                format!("a number from 1 to {most}"),
            )),
            None => Ok(()),
        }
    }
}

// === impl Protocol ===

impl Protocol {
    /// The value of `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http/protobuf",
            Self::Grpc => "grpc",
        }
    }

    /// The feature that it needs, unless that is enabled.
    pub(crate) fn missing_feature(self) -> Option<&'static str> {
        match self {
            Self::Http => (!cfg!(feature = "http")).then_some("otlp-http"),
            Self::Grpc => (!cfg!(feature = "grpc")).then_some("otlp-grpc"),
        }
    }

    fn check(self, place: Place) -> Result<(), InitError> {
        let Some(feature) = self.missing_feature() else {
            return Ok(());
        };
        Err(InitError::missing_feature(MissingFeature {
            setting: &place.setting("protocol"),
            value: self.as_str(),
            features: &[feature],
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Why these settings are refused for a signal, or for all.
    fn refused(signal: Option<Signal>, otlp: Otlp) -> String {
        let mut settings = OtlpSettings::default();
        match signal {
            Some(signal) => settings.set_for(signal, otlp),
            None => settings.set(otlp),
        }
        settings.check().unwrap_err().to_string()
    }

    #[test]
    fn what_is_out_of_range_is_refused_with_its_place() {
        let zero = Duration::ZERO;
        for (signal, otlp, expected) in [
            (
                None,
                Otlp::new().queue(0),
                "Otlp::queue is \"0\", expected a number from 1 to 4294967295",
            ),
            (
                Some(Signal::Logs),
                Otlp::new().queue(8).batch(9),
                "Otlp::batch of Signal::Logs is \"9\", expected a number from 1 to 8",
            ),
            (
                None,
                Otlp::new().timeout(zero),
                "Otlp::timeout is \"0ns\", expected a time above zero",
            ),
            (
                Some(Signal::Traces),
                Otlp::new().export_timeout(zero),
                "Otlp::export_timeout of Signal::Traces is \"0ns\", expected a time above zero",
            ),
            (
                None,
                Otlp::new().delay(Duration::from_micros(999)),
                "Otlp::delay is \"999µs\", expected at least a millisecond",
            ),
            (
                Some(Signal::Metrics),
                Otlp::new().delay(Duration::from_secs(1)),
                "Otlp::delay of Signal::Metrics is \"set\", expected nothing: metrics don't queue, and \
                 ObsBuilder::otlp_metrics_interval is how often they are pushed",
            ),
        ] {
            assert_eq!(refused(signal, otlp), expected);
        }
    }

    #[cfg(not(feature = "gzip"))]
    #[test]
    fn compression_that_this_build_lacks_is_refused_with_its_feature() {
        let error = refused(Some(Signal::Logs), Otlp::new().gzip(true));
        assert!(
            error.starts_with("Otlp::gzip of Signal::Logs is \"true\", which needs the feature `gzip`"),
            "{error}"
        );
        let mut settings = OtlpSettings::default();
        settings.set(Otlp::new().gzip(false));
        assert!(settings.check().is_ok());
    }

    #[test]
    fn headers_that_can_not_be_sent_are_refused_without_showing_values() {
        for (name, value, shown) in [
            ("Authorization: Bearer secret", "", "Authorization…"),
            ("", "secret", ""),
            ("content-type", "secret", "content-type"),
            ("api-key", "secret\n", "api-key"),
            ("api-key", "secret ä", "api-key"),
        ] {
            let error = refused(None, Otlp::new().header(name, value));
            assert!(
                error.starts_with(&format!("Otlp::header is {shown:?}, expected a")),
                "{error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_later_call_replaces_what_it_sets_and_nothing_else() {
        let mut settings = OtlpSettings::default();
        settings.set(
            Otlp::new()
                .endpoint("http://a")
                .header("a", "1")
                .header("A", "2")
                .gzip(true),
        );
        settings.set(Otlp::new().endpoint("http://b"));
        let of = |otlp: &Otlp| Some(otlp.clone());
        let all = settings.get(Signal::Traces, of).unwrap();
        assert_eq!(all, Otlp::new(), "a signal has nothing of its own");
        assert_eq!(
            settings.get(Signal::Traces, |otlp| otlp.endpoint.clone()).unwrap(),
            "http://b"
        );
        assert_eq!(settings.get(Signal::Logs, |otlp| otlp.gzip), Some(true));
        let headers = settings.get(Signal::Logs, |otlp| otlp.headers.clone()).unwrap();
        assert_eq!(headers, [("A".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn certificates_need_a_feature_and_are_not_shown() {
        let mut settings = OtlpSettings::default();
        let otlp = Otlp::new()
            .client_key(Pem::bytes("secret"))
            .certificate(Pem::file("ca.pem"));
        let shown = format!("{otlp:?}");
        assert!(
            shown.contains("Pem(6 bytes)") && shown.contains("Pem(ca.pem)"),
            "{shown}"
        );
        settings.set_for(Signal::Traces, otlp);
        let checked = settings.check();
        if cfg!(feature = "tls") {
            assert!(checked.is_ok());
        } else {
            let error = checked.unwrap_err().to_string();
            let expected = "Otlp::certificate of Signal::Traces is \"ca.pem\", which needs the feature `otlp-tls`";
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_transport_that_the_build_lacks_is_refused_with_its_feature() {
        for (protocol, feature) in [(Protocol::Http, "otlp-http"), (Protocol::Grpc, "otlp-grpc")] {
            let mut settings = OtlpSettings::default();
            settings.set(Otlp::new().protocol(protocol));
            let checked = settings.check();
            match protocol.missing_feature() {
                None => assert!(checked.is_ok()),
                Some(missing) => {
                    assert_eq!(missing, feature);
                    let error = checked.unwrap_err().to_string();
                    let expected = format!(
                        "Otlp::protocol is \"{}\", which needs the feature `{feature}`",
                        protocol.as_str()
                    );
                    assert!(error.starts_with(&expected), "{error}");
                }
            }
        }
    }
}
