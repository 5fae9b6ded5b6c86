//! What answers are made of.

use std::sync::OnceLock;

use obs_alert::AlertManager;
use obs_core::{Obs, metrics::FamilySnapshot, names::metric};

use super::{foreign::Foreign, history::Sampler, tail::Tail, types::Service};

/// The sources of all answers.
#[derive(Debug)]
pub struct Sources {
    obs: Obs,
    alerts: Option<AlertManager>,
    /// The most bytes of the history of metrics.
    history_bytes: usize,
    sampler: Sampler,
    service: OnceLock<Service>,
    tail: Tail,
    foreign: Foreign,
}

// === impl Sources ===

impl Sources {
    /// The sources of an instance, with a history of at most `history_bytes`, which begins here.
    #[must_use]
    pub fn new(obs: Obs, alerts: Option<AlertManager>, history_bytes: usize) -> Self {
        let sampler = Sampler::start(obs.registry(), alerts.as_ref(), history_bytes);
        Self {
            obs,
            alerts,
            history_bytes,
            sampler,
            service: OnceLock::new(),
            tail: Tail::default(),
            foreign: Foreign::default(),
        }
    }

    /// The instance.
    #[must_use]
    pub fn obs(&self) -> &Obs {
        &self.obs
    }

    /// Its alerts.
    #[must_use]
    pub fn alerts(&self) -> Option<&AlertManager> {
        self.alerts.as_ref()
    }

    /// The most bytes of the history of metrics.
    #[must_use]
    pub fn history_bytes(&self) -> usize {
        self.history_bytes
    }

    /// What other services have sent.
    #[must_use]
    pub fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// The service.
    pub(super) fn service(&self) -> &Service {
        self.service.get_or_init(|| service(&self.obs.registry().snapshot()))
    }

    pub(super) fn sampler(&self) -> &Sampler {
        &self.sampler
    }

    pub(super) fn tail(&self) -> &Tail {
        &self.tail
    }
}

/// The identity of a service, as its metrics have it.
fn service(families: &[FamilySnapshot]) -> Service {
    let label = |family: &str, key: &str| {
        let family = families.iter().find(|known| known.name == family)?;
        let value = family.series.first()?.label(key)?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    let build = metric::BUILD_INFO.base();
    let resource = |key: &str| label(metric::TARGET_INFO.base(), key);
    Service {
        name: label(build, "service").unwrap_or_else(|| "unknown_service".to_owned()),
        version: label(build, "version"),
        environment: resource("deployment_environment_name"),
        instance: resource("service_instance_id"),
    }
}
