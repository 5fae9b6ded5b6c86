//! Connections that nobody listens in on.

#[cfg(feature = "tls")]
use std::sync::Arc;
use std::{fmt, io};

use tokio::net::TcpStream;
#[cfg(feature = "tls")]
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore, crypto,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

/// Whom is believed.
#[derive(Clone)]
pub(crate) struct Tls {
    #[cfg(feature = "tls")]
    connector: Option<TlsConnector>,
}

// === impl Tls ===

impl Tls {
    /// For an address without encryption.
    pub(super) const fn none() -> Self {
        Self {
            #[cfg(feature = "tls")]
            connector: None,
        }
    }

    /// Believes the certificates of the system, or only those of `authority` (PEM).
    #[cfg(feature = "tls")]
    pub(super) fn new(authority: Option<&[u8]>) -> Result<Self, String> {
        // The process may have chosen its cryptography; we choose for ourselves only.
        let chosen = crypto::CryptoProvider::get_default().cloned();
        let provider = chosen.unwrap_or_else(|| Arc::new(crypto::ring::default_provider()));
        let mut roots = RootCertStore::empty();
        match authority {
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate = certificate.map_err(|error| format!("the certificate is no PEM: {error}"))?;
                    roots.add(certificate).map_err(|error| format!("the certificate is refused: {error}"))?;
                }
            }
            None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
        }
        if roots.is_empty() {
            return Err("there is no certificate to trust: the system has none; name one".to_owned());
        }
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: Some(TlsConnector::from(Arc::new(config))) })
    }

    #[cfg(not(feature = "tls"))]
    pub(super) fn new(_authority: Option<&[u8]>) -> Result<Self, String> {
        Err("https needs the feature `tls` of obs-alert".to_owned())
    }

    #[cfg(feature = "tls")]
    pub(super) async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        match &self.connector {
            Some(connector) => connector.connect(name, stream).await,
            None => Err(io::Error::other("no certificates were read")),
        }
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_async, reason = "its twin waits for a handshake")]
    pub(super) async fn connect(&self, _host: &str, _stream: TcpStream) -> io::Result<TcpStream> {
        Err(io::Error::other("https needs the feature `tls` of obs-alert"))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(..)")
    }
}
