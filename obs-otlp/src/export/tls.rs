//! Certificates and keys for connections to a collector.

use std::fs;

use obs_base::{InitError, environment::Env, http_client::TlsSettings};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
#[cfg(feature = "grpc")]
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use crate::signal::SignalDef;

const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

/// Certificates and keys, as PEM.
#[derive(Clone, Debug, Default)]
pub(super) struct Tls(TlsSettings);

// === impl Tls ===

impl Tls {
    /// Reads the files that the environment names.
    pub(super) fn from_settings(signal: &SignalDef, env: Env<'_>) -> Result<Self, InitError> {
        let certificate = read(
            env.first([signal.certificate, CERTIFICATE]),
            "PEM certificates",
            has_certificate,
        )?;
        let own = env.first([signal.client_certificate, CLIENT_CERTIFICATE]);
        let key = env.first([signal.client_key, CLIENT_KEY]);
        if let (Some((setting, path)), None) = (&own, &key) {
            return Err(InitError::invalid(*setting, path, format!("{CLIENT_KEY} beside it")));
        }
        if let (None, Some((setting, path))) = (&own, &key) {
            return Err(InitError::invalid(
                *setting,
                path,
                format!("{CLIENT_CERTIFICATE} beside it"),
            ));
        }
        let own = read(own, "PEM certificates", has_certificate)?;
        let key = read(key, "a PEM private key", |pem| {
            PrivateKeyDer::from_pem_slice(pem).is_ok()
        })?;
        Ok(Self(TlsSettings {
            roots: certificate,
            identity: own.zip(key),
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

fn has_certificate(pem: &[u8]) -> bool {
    let mut all = CertificateDer::pem_slice_iter(pem).peekable();
    all.peek().is_some() && all.all(|one| one.is_ok())
}

/// The file that a variable names, if it holds what it should.
fn read(
    named: Option<(&'static str, String)>,
    what: &str,
    holds_it: impl FnOnce(&[u8]) -> bool,
) -> Result<Option<Vec<u8>>, InitError> {
    let Some((setting, path)) = named else { return Ok(None) };
    match fs::read(&path) {
        Ok(pem) if holds_it(&pem) => Ok(Some(pem)),
        Ok(_) => Err(InitError::invalid(setting, path, format!("a file with {what}"))),
        Err(error) => Err(InitError::invalid(
            setting,
            path,
            format!("a file with {what} ({error})"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::signal::TRACES;

    fn tls(set: &[(&str, &str)]) -> Result<Tls, InitError> {
        let env = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Tls::from_settings(&TRACES, Env::without_notices(&env))
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
