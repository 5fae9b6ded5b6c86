//! Certificates and keys in code.

#[cfg(all(feature = "tls", any(feature = "http", feature = "grpc")))]
use std::{
    borrow::Cow,
    fs::File,
    io::{self, Read as _},
};
use std::{fmt, path::PathBuf};

/// The largest file that is read, in bytes: far more than the certificates of a system.
#[cfg(all(feature = "tls", any(feature = "http", feature = "grpc")))]
const MAX_FILE: u64 = 4 * 1_024 * 1_024;

/// Certificates or a private key in PEM, from a file or from memory, for [`Otlp::certificate`](crate::Otlp::certificate)
/// and its kin. Neither `Debug` nor an error shows the content.
///
/// ```
/// use obs_otlp::{Otlp, Pem};
///
/// let otlp = Otlp::new()
///     .endpoint("https://collector:4318")
///     .certificate(Pem::file("/etc/ssl/collector-ca.pem"))
///     .client_certificate(Pem::file("/run/secrets/orders.pem"))
///     .client_key(Pem::bytes("-----BEGIN PRIVATE KEY-----…"));
/// assert!(!format!("{otlp:?}").contains("BEGIN"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pem(Source);

#[derive(Clone, PartialEq, Eq)]
enum Source {
    File(PathBuf),
    Bytes(Vec<u8>),
}

// === impl Pem ===

impl Pem {
    /// The file at this path, of at most 4 MiB. It is read once, at the start.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// What such a file has in it.
    #[must_use]
    pub fn bytes(pem: impl Into<Vec<u8>>) -> Self {
        Self(Source::Bytes(pem.into()))
    }

    #[cfg(all(feature = "tls", any(feature = "http", feature = "grpc")))]
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.0, Source::File(_))
    }

    /// The content.
    #[cfg(all(feature = "tls", any(feature = "http", feature = "grpc")))]
    pub(crate) fn read(&self) -> io::Result<Cow<'_, [u8]>> {
        let path = match &self.0 {
            Source::Bytes(bytes) => return Ok(Cow::Borrowed(bytes)),
            Source::File(path) => path,
        };
        let mut content = Vec::new();
        File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut content)?;
        if u64::try_from(content.len()).is_ok_and(|length| length > MAX_FILE) {
            return Err(io::Error::other("larger than 4 MiB"));
        }
        Ok(Cow::Owned(content))
    }
}

/// The path, or the number of bytes.
impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::File(path) => write!(f, "{}", path.display()),
            Source::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pem").field(&format_args!("{self}")).finish()
    }
}
