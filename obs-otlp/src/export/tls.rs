//! Certificates and keys for connections to a collector.

use std::borrow::Cow;

use obs_base::{InitError, environment::Env, http_client::TlsSettings};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
#[cfg(feature = "grpc")]
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use crate::{CodeSettings, Otlp, Pem, signal::SignalDef};

const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

/// Certificates and keys, as PEM.
#[derive(Clone, Debug, Default)]
pub(super) struct Tls(TlsSettings);

/// A certificate or a key that is set.
struct Given {
    /// The variable, or the setter.
    setting: Cow<'static, str>,
    pem: Pem,
    is_code: bool,
}

// === impl Tls ===

impl Tls {
    /// Reads what code sets, and the files that the environment names.
    pub(super) fn from_settings(signal: &SignalDef, code: CodeSettings<'_>, env: Env<'_>) -> Result<Self, InitError> {
        let find = |setting, get: fn(&Otlp) -> Option<Pem>, variables: [&'static str; 2]| {
            let of_code = code.otlp.find(signal.signal, get);
            let of_code = of_code.map(|(place, pem)| Given {
                setting: place.setting(setting),
                pem,
                is_code: true,
            });
            of_code.or_else(|| env.first(variables).map(Given::of_variable))
        };
        let roots = find(
            "certificate",
            |otlp| otlp.certificate.clone(),
            [signal.certificate, CERTIFICATE],
        );
        let own = find(
            "client_certificate",
            |otlp| otlp.client_certificate.clone(),
            [signal.client_certificate, CLIENT_CERTIFICATE],
        );
        let key = find(
            "client_key",
            |otlp| otlp.client_key.clone(),
            [signal.client_key, CLIENT_KEY],
        );
        match (&own, &key) {
            (Some(own), None) => return Err(own.alone("Otlp::client_key", CLIENT_KEY)),
            (None, Some(key)) => return Err(key.alone("Otlp::client_certificate", CLIENT_CERTIFICATE)),
            _ => {}
        }
        let certificates = |given: Option<Given>| {
            given
                .map(|given| given.read("PEM certificates", has_certificate))
                .transpose()
        };
        let key = key.map(|key| key.read("a PEM private key", |pem| PrivateKeyDer::from_pem_slice(pem).is_ok()));
        Ok(Self(TlsSettings {
            roots: certificates(roots)?,
            identity: certificates(own)?.zip(key.transpose()?),
        }))
    }

    /// The settings for OTLP over HTTP.
    #[cfg(feature = "http")]
    pub(super) fn settings(&self) -> &TlsSettings {
        &self.0
    }

    /// The settings for OTLP over gRPC.
    #[cfg(feature = "grpc")]
    pub(super) fn tonic_config(&self) -> ClientTlsConfig {
        let config = match &self.0.roots {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        match &self.0.identity {
            Some((own, key)) => config.identity(Identity::from_pem(own, key)),
            None => config,
        }
    }
}

// === impl Given ===

impl Given {
    fn of_variable((variable, path): (&'static str, String)) -> Self {
        Self {
            setting: variable.into(),
            pem: Pem::file(path),
            is_code: false,
        }
    }

    /// Refuses what is set without the other part of a certificate and its key.
    fn alone(&self, setter: &str, variable: &str) -> InitError {
        let other = if self.is_code { setter } else { variable };
        InitError::invalid(self.setting.clone(), &self.pem, format!("{other} beside it"))
    }

    /// The content, if it is what it should be.
    fn read(self, what: &str, holds_it: impl FnOnce(&[u8]) -> bool) -> Result<Vec<u8>, InitError> {
        let what = if self.pem.is_file() {
            format!("a file with {what}")
        } else {
            what.to_owned()
        };
        match self.pem.read() {
            Ok(pem) if holds_it(&pem) => Ok(pem.into_owned()),
            Ok(_) => Err(InitError::invalid(self.setting, &self.pem, what)),
            Err(error) => Err(InitError::invalid(self.setting, &self.pem, format!("{what} ({error})"))),
        }
    }
}

fn has_certificate(pem: &[u8]) -> bool {
    let mut all = CertificateDer::pem_slice_iter(pem).peekable();
    all.peek().is_some() && all.all(|one| one.is_ok())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::{OtlpSettings, Signal, signal::TRACES};

    fn tls(set: &[(&str, &str)]) -> Result<Tls, InitError> {
        let env = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Tls::from_settings(&TRACES, CodeSettings::default(), Env::without_notices(&env))
    }

    /// Why these settings in code are refused; the environment names files that are not there.
    fn refused(signal: Option<Signal>, otlp: Otlp) -> String {
        let mut all = OtlpSettings::default();
        match signal {
            Some(signal) => all.set_for(signal, otlp),
            None => all.set(otlp),
        }
        let code = CodeSettings {
            otlp: &all,
            ..CodeSettings::default()
        };
        let env = |name: &str| (name == CERTIFICATE).then(|| "/nowhere/env.pem".to_owned());
        let tls = Tls::from_settings(&TRACES, code, Env::without_notices(&env));
        tls.unwrap_err().to_string()
    }

    #[test]
    fn what_code_sets_goes_first_and_is_refused_by_name() {
        for (signal, otlp, expected) in [
            (
                None,
                Otlp::new().certificate(Pem::file("/nowhere/ca.pem")),
                "Otlp::certificate is \"/nowhere/ca.pem\", expected a file with PEM certificates (",
            ),
            (
                Some(Signal::Traces),
                Otlp::new().certificate(Pem::bytes("no PEM")),
                "Otlp::certificate of Signal::Traces is \"6 bytes\", expected PEM certificates",
            ),
            (
                None,
                Otlp::new().client_certificate(Pem::bytes("secret")),
                "Otlp::client_certificate is \"6 bytes\", expected Otlp::client_key beside it",
            ),
            (
                Some(Signal::Traces),
                Otlp::new().client_key(Pem::file("key.pem")),
                "Otlp::client_key of Signal::Traces is \"key.pem\", expected Otlp::client_certificate beside it",
            ),
            (
                Some(Signal::Logs),
                Otlp::new().certificate(Pem::bytes("of another signal")),
                "OTEL_EXPORTER_OTLP_CERTIFICATE is \"/nowhere/env.pem\", expected a file with PEM certificates (",
            ),
        ] {
            let error = refused(signal, otlp);
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_never_ends_is_refused() {
        let error = refused(None, Otlp::new().certificate(Pem::file("/dev/zero")));
        assert!(error.ends_with("(larger than 4 MiB)"), "{error}");
    }

    #[test]
    fn a_file_that_is_missing_or_holds_something_else_is_refused_by_name() {
        let error = tls(&[(CERTIFICATE, "/nowhere/ca.pem")]).unwrap_err().to_string();
        assert!(
            error.starts_with("OTEL_EXPORTER_OTLP_CERTIFICATE is \"/nowhere/ca.pem\""),
            "{error}"
        );
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for text in [
            "",
            "no PEM",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        ] {
            file.write_all(text.as_bytes()).unwrap();
            let path = file.path().to_str().unwrap();
            let error = tls(&[(TRACES.certificate, path)]).unwrap_err().to_string();
            assert!(
                error.starts_with("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE is "),
                "{error}"
            );
            assert!(error.ends_with("expected a file with PEM certificates"), "{error}");
        }
    }

    #[test]
    fn a_certificate_of_our_own_needs_its_key() {
        let error = tls(&[(CLIENT_CERTIFICATE, "x")]).unwrap_err().to_string();
        assert!(error.contains("expected OTEL_EXPORTER_OTLP_CLIENT_KEY"), "{error}");
        let error = tls(&[(CLIENT_KEY, "x")]).unwrap_err().to_string();
        assert!(
            error.contains("expected OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"),
            "{error}"
        );
    }

    #[test]
    fn keys_are_not_shown() {
        let tls = Tls(TlsSettings {
            roots: None,
            identity: Some((b"own".to_vec(), b"secret".to_vec())),
        });
        assert_eq!(format!("{tls:?}"), "Tls(TlsSettings { roots: false, identity: true })");
    }
}
