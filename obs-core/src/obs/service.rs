//! Who the telemetry is from.

/// The service's identity, on every signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceInfo {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    /// Deployment environment: `production`, `staging`.
    pub(crate) environment: Option<String>,
    /// Further resource attributes under their OpenTelemetry names.
    pub(crate) attributes: Vec<(String, String)>,
}
