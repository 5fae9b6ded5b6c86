//! What a service's telemetry takes from its definition.

use crate::{Convention, DURATION_BUCKETS, names::metric};

/// The settings of a service that its telemetry and its rules must agree on.
///
/// `obs_rules::definition::Service` converts into it, and `ObsBuilder::definition` takes it, so that neither needs to
/// know the other.
///
/// ```
/// use obs_conventions::ServiceSettings;
///
/// let settings = ServiceSettings::new("orders");
/// assert_eq!(settings.namespace, "http");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServiceSettings {
    /// The service's name: `service.name`, and the `job` in Prometheus.
    pub name: String,
    /// The service's version, as in `1.4.2`.
    pub version: Option<String>,
    /// The deployment environment: `production`, `staging`.
    pub environment: Option<String>,
    /// The first word of the names of RED metrics. Defaults to `http`.
    pub namespace: String,
    /// The names of RED metrics and their labels. Defaults to [`Convention::Prometheus`].
    pub convention: Convention,
    /// Upper bounds of the duration histograms, in seconds, ascending. Defaults to [`DURATION_BUCKETS`].
    pub duration_bounds: Vec<f64>,
}

// === impl ServiceSettings ===

impl ServiceSettings {
    /// The defaults for the service of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: None,
            environment: None,
            namespace: metric::DEFAULT_NAMESPACE.to_owned(),
            convention: Convention::default(),
            duration_bounds: DURATION_BUCKETS.to_vec(),
        }
    }
}
