//! The set-up of TLS.

use std::{fmt, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use crate::http_client::SetupError;

/// Certificates and keys, as PEM.
#[derive(Clone, Default)]
pub struct TlsSettings {
    /// The certificates that are trusted, in place of the system's.
    pub roots: Option<Vec<u8>>,
    /// The client's own certificate and its key, if the server asks for them.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

// === impl TlsSettings ===

impl TlsSettings {
    pub(crate) fn config(&self) -> Result<TlsConfig, SetupError> {
        // The process may have chosen its cryptography; this chooses for this client only.
        let provider = CryptoProvider::get_default()
            .cloned()
            .unwrap_or_else(|| Arc::new(ring::default_provider()));
        let roots = self.roots()?;
        self.check(&roots, &provider)?;
        let owned = |der: &CertificateDer<'_>| Certificate::from_der(der).to_owned();
        let roots: Vec<_> = roots.iter().map(owned).collect();
        let identity = match &self.identity {
            Some((certificates, key)) => {
                let chain = certificate_list(certificates)?;
                let chain: Vec<_> = chain.iter().map(owned).collect();
                Some(ClientCert::new_with_certs(&chain, PrivateKey::from_pem(key)?))
            }
            None => None,
        };
        let config = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .client_cert(identity);
        Ok(config.unversioned_rustls_crypto_provider(provider).build())
    }

    fn roots(&self) -> Result<Vec<CertificateDer<'static>>, SetupError> {
        match &self.roots {
            Some(pem) => certificate_list(pem),
            None => Ok(rustls_native_certs::load_native_certs().certs),
        }
    }

    /// Refuses what `ureq` would panic about, or ignore.
    fn check(&self, roots: &[CertificateDer<'static>], provider: &Arc<CryptoProvider>) -> Result<(), SetupError> {
        let mut store = RootCertStore::empty();
        let (_, refused) = store.add_parsable_certificates(roots.iter().cloned());
        if store.is_empty() || (self.roots.is_some() && refused > 0) {
            return Err(match &self.roots {
                Some(_) => "a certificate that is to be trusted can't be used",
                None => "the system has no certificates to trust, and no others are given",
            }
            .into());
        }
        let config = ClientConfig::builder_with_provider(Arc::clone(provider))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store);
        if let Some((certificates, key)) = &self.identity {
            let chain = certificate_list(certificates)?;
            config.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key)?)?;
        }
        Ok(())
    }
}

/// Shows no key.
impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("roots", &self.roots.is_some())
            .field("identity", &self.identity.is_some())
            .finish()
    }
}

fn certificate_list(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    CertificateDer::pem_slice_iter(pem)
        .map(|one| one.map_err(|error| format!("the certificate is no PEM: {error}").into()))
        .collect()
}
