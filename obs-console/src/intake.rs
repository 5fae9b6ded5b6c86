//! The settings of the intake.

/// Takes traces and log records of other services by OTLP over HTTP, at `v1/traces` and `v1/logs` below the mount.
///
/// The other services send them with the key as a bearer token:
///
/// ```
/// use obs_console::{Console, Intake};
/// use obs_core::{Obs, otlp::Otlp};
///
/// let storefront = Obs::builder("storefront").log_writer(std::io::sink()).build()?;
/// let console = Console::builder(&storefront).accept_otlp(Intake::new("a-key-of-16-characters")).build()?;
///
/// // In the other service:
/// let to_storefront = Otlp::new()
///     .endpoint("http://127.0.0.1:3000/obs")
///     .header("authorization", "Bearer a-key-of-16-characters");
/// # let _ = (console, to_storefront);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Intake {
    pub(crate) key: String,
    pub(crate) bytes: usize,
}

/// What is held unless another number is set.
const BYTES: usize = 8 << 20;

// === impl Intake ===

impl Intake {
    /// An intake for whoever has this key, 16 or more visible ASCII characters. It admits to nothing else.
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            bytes: BYTES,
        }
    }

    /// The most bytes that are held of what was sent; the oldest of the service with the most gives way. Defaults to
    /// 8 MiB.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intake")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
