//! The dashboards of a service: their kinds, paths and URLs.

use obs_rules::definition::{Definition, Service};

use crate::text::{slug, with_hash};

/// A kind of dashboard; each service has one of each that applies to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Overview,
    Endpoint,
    Slo,
    Telemetry,
}

/// The longest uid that Grafana accepts, in characters.
const LONGEST: usize = 40;

/// The URL of a service's overview; `None` without `links.grafana`.
///
/// ```
/// use obs_rules::definition::Definition;
/// use obs_stack::grafana::dashboard_url;
///
/// let text = "version: 1\nlinks: { grafana: https://grafana.example.com }\nservices: [{ name: orders }]";
/// let definition = Definition::parse(text, "obs.yaml")?;
/// let url = dashboard_url(&definition, &definition.services[0]).unwrap();
/// assert!(url.starts_with("https://grafana.example.com/d/"));
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
#[must_use]
pub fn dashboard_url(definition: &Definition, service: &Service) -> Option<String> {
    let grafana = definition.links.grafana.as_deref()?.trim_end_matches('/');
    Some(format!("{grafana}/d/{}", Kind::Overview.uid(service)))
}

/// The path of a dashboard's file.
pub(super) fn path(service: &Service, kind: Kind) -> String {
    format!("grafana/dashboards/{}-{}.json", slug(&service.name), kind.as_str())
}

// === impl Kind ===

impl Kind {
    /// The name in paths and uids.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Endpoint => "endpoint",
            Self::Slo => "slo",
            Self::Telemetry => "telemetry",
        }
    }

    /// The uid in the address of the dashboard: it depends on the name of the service only.
    pub(super) fn uid(self, service: &Service) -> String {
        let prefix = format!("obs-{}-", self.as_str());
        let slug = slug(&service.name);
        if slug == service.name && prefix.len() + slug.len() <= LONGEST {
            return prefix + &slug;
        }
        // Names that differ only in replaced characters belong to different services.
        format!("{prefix}{}", with_hash(&slug, &service.name, LONGEST - prefix.len()))
    }
}
