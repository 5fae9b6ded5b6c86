//! Services and their endpoints.

use std::sync::Arc;

use obs_core::metrics::Convention;

use super::Team;
use crate::{AlertRule, Naming, Scope, Slo};

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
    /// What it is watched for: its own rules, the standard ones that were asked for, and those of its SLOs.
    pub alerts: Vec<AlertRule>,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Endpoint {
    /// `GET`
    pub method: String,
    /// The template of its route: `/orders/{id}`.
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
}

// === impl Endpoint ===

impl Endpoint {
    /// The requests of this endpoint.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::service().method(&self.method).endpoint(&self.template)
    }
}
