//! A definition: its services with their endpoints, its teams, its links.

use std::{collections::BTreeMap, sync::Arc};

use obs_conventions::{Convention, DURATION_BUCKETS, ServiceSettings};

use super::Position;
use crate::{AlertRule, Naming, Scope, Sli, Slo, Unit};

/// All that one `obs.yaml` says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Definition {
    /// Who is called, by name.
    pub teams: Vec<Team>,
    /// Where the back ends are reached.
    pub links: Links,
    /// The services, in the order of the file.
    pub services: Vec<Service>,
    /// The name of the file.
    pub(super) file: String,
}

/// Where people and back ends find each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Links {
    /// The folder of the runbooks; the name of an alert in lower case is added.
    pub runbooks: Option<String>,
    /// Where Grafana is.
    pub grafana: Option<String>,
    /// Where the source is.
    pub source: Option<String>,
    /// The URL of HTTP service discovery, from which Prometheus gets its targets.
    pub discovery: Option<String>,
}

/// Who is called when a service breaks its promise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Team {
    /// The value of the label `team`.
    pub name: String,
    /// Where it is reached: a channel, an address.
    pub contact: Option<String>,
    /// Who is called if it does not answer.
    pub escalation: Option<String>,
}

/// A service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Service {
    /// Its name: the `job` in Prometheus, `service_name` in Loki, `service.name` in traces.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// The name of the team that runs it.
    pub team: String,
    /// Its version, `1.4.2`.
    pub version: Option<String>,
    /// `production`, `staging`.
    pub environment: String,
    /// The namespace of its metrics.
    pub namespace: String,
    /// The convention of its metrics.
    pub convention: Convention,
    /// Where it is scraped, `host:port`.
    pub targets: Vec<String>,
    /// The path of its metrics page.
    pub metrics_path: String,
    /// The log files that it writes, if it doesn't write to standard output only.
    pub log_files: Vec<String>,
    /// What it answers.
    pub endpoints: Vec<Endpoint>,
    /// The pools of its databases, by the label `pool`.
    pub databases: Vec<String>,
    /// Its caches, by the label `cache`.
    pub caches: Vec<String>,
    /// Whether it calls other services.
    pub has_clients: bool,
    /// What it promises.
    pub slos: Vec<Arc<Slo>>,
    /// Its alert rules: its own, the standard ones that are enabled, and those of its SLOs.
    pub alerts: Vec<AlertRule>,
    /// Where its alerts stand in the file.
    pub(super) places: BTreeMap<String, Position>,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Endpoint {
    /// `GET`; of a gRPC method `POST`.
    pub method: String,
    /// The template of its route, `/orders/{id}`, or a gRPC method, `shop.Orders/Get`.
    pub template: String,
    /// Whether its answer is a stream by nature, which has no latency to watch.
    pub is_stream: bool,
}

// === impl Service ===

impl Service {
    /// What its metrics are called in Prometheus.
    #[must_use]
    pub fn naming(&self) -> Naming {
        self.naming_in_process().with_job(&self.name)
    }

    /// What its metrics are called on its own page.
    #[must_use]
    pub fn naming_in_process(&self) -> Naming {
        Naming::new(&self.namespace, self.convention)
    }

    /// Bounds of the duration's buckets, in seconds, growing: the defaults, and the thresholds of its latency
    /// objectives and alerts, which can be computed exactly only at a bound.
    ///
    /// ```
    /// use obs_rules::definition::Definition;
    ///
    /// let text = "
    /// version: 1
    /// services:
    ///   - name: orders
    ///     slos:
    ///       - { name: quick, sli: latency, threshold: 300ms, objective: 99, window: 30d }
    /// ";
    /// let definition = Definition::parse(text, "obs.yaml")?;
    /// let service = &definition.services[0];
    /// assert!(service.duration_bounds().contains(&0.3));
    /// // `Obs::builder("orders").definition(service)` takes them, with all else that the service is set up by.
    /// # Ok::<(), obs_rules::definition::DefinitionError>(())
    /// ```
    #[must_use]
    pub fn duration_bounds(&self) -> Vec<f64> {
        let of_slos = self.slos.iter().filter_map(|slo| match slo.sli() {
            Sli::Latency { threshold } => Some(threshold.as_secs_f64()),
            Sli::Availability => None,
        });
        // A quantile is never above the last bound: an alert needs one beyond its threshold.
        let highest = DURATION_BUCKETS.into_iter().fold(0.0, f64::max);
        let conditions = self.alerts.iter().map(AlertRule::condition);
        let of_alerts = conditions
            .filter(|condition| condition.unit() == Some(Unit::Seconds))
            .filter_map(|condition| Some(condition.comparison()?.threshold()));
        let of_alerts = of_alerts.flat_map(|above| [Some(above), (above >= highest).then_some(above * 2.0)]);
        let mut bounds: Vec<f64> = DURATION_BUCKETS
            .into_iter()
            .chain(of_slos)
            .chain(of_alerts.flatten())
            .collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        bounds
    }
}

impl From<&Service> for ServiceSettings {
    /// What the telemetry of the service takes from its definition.
    fn from(service: &Service) -> Self {
        let mut settings = Self::new(&service.name);
        settings.version.clone_from(&service.version);
        settings.environment = Some(service.environment.clone());
        settings.namespace.clone_from(&service.namespace);
        settings.convention = service.convention;
        settings.duration_bounds = service.duration_bounds();
        settings
    }
}

// === impl Endpoint ===

impl Endpoint {
    /// The requests of this endpoint.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::service().method(&self.method).endpoint(&self.template)
    }
}
