//! Stable addresses of dashboards.

use obs_rules::definition::Service;

use crate::text::{slug, with_hash};

/// Which dashboard of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Overview,
    Endpoint,
    Slo,
    Telemetry,
}

/// Of 40 characters that Grafana takes.
const LONGEST: usize = 40;

// === impl Kind ===

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Endpoint => "endpoint",
            Self::Slo => "slo",
            Self::Telemetry => "telemetry",
        }
    }

    /// The dashboard's address, made of the service's name: it stays when the dashboard changes.
    pub(super) fn uid(self, service: &Service) -> String {
        let prefix = format!("obs-{}-", self.as_str());
        let slug = slug(&service.name);
        if slug == service.name && prefix.len() + slug.len() <= LONGEST {
            return prefix + &slug;
        }
        // Two names that look the same without their rarer characters are two services.
        format!("{prefix}{}", with_hash(&slug, &service.name, LONGEST - prefix.len()))
    }
}
