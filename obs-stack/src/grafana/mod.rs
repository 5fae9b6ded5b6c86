//! Files of Grafana: dashboards, and the provisioning of dashboards and data sources.
//!
//! | file | content |
//! |---|---|
//! | `grafana/dashboards/SERVICE-overview.json` | requests, errors, duration; endpoints; dependencies; saturation; logs; traces |
//! | `grafana/dashboards/SERVICE-endpoint.json` | one endpoint, selected at the top |
//! | `grafana/dashboards/SERVICE-slo.json` | SLOs and error budgets, if the service has SLOs |
//! | `grafana/dashboards/SERVICE-telemetry.json` | whether metrics, logs and traces arrive, and what they cost |
//! | `grafana/provisioning/dashboards/obs.yaml` | where Grafana finds the dashboards |
//! | `grafana/provisioning/datasources/obs.yaml` | Prometheus, Loki and Tempo, linked with each other |
//!
//! Mount `grafana/provisioning` at `/etc/grafana/provisioning` and `grafana/dashboards` at
//! `/var/lib/grafana/dashboards/obs`. Dashboards are JSON of schema 42 and pass the rules
//! of the [dashboard linter](https://github.com/grafana/dashboard-linter). Their addresses
//! (`/d/obs-overview-SERVICE`) depend on the name of the service only, so links stay valid.
//!
//! Every panel has a description and a unit, and links to the runbooks of the alerts about
//! the same subject. Thresholds and axes follow from the SLOs and alerts of the service.
//! Exemplars lead to traces, traces to log lines and back.
//!
//! # Sections
//!
//! A section is left out if the definition has nothing for it.
//!
//! | dashboard | sections, from top to bottom |
//! |---|---|
//! | overview | requests, errors and duration; burn rates; a table of endpoints; rates by endpoint; streams; errors by type; outgoing calls; databases; caches; the alerts' own metrics; saturation; log lines; traces that failed or were slow |
//! | endpoint | requests, errors and duration of one endpoint; errors by type; sizes of bodies; its log lines; its traces |
//! | slo | all objectives with the rest of their budgets; the burn rates of one |
//! | telemetry | log lines, spans and scrapes; what was dropped, and by which limit |
//!
//! # Variables
//!
//! | variable | selects | on |
//! |---|---|---|
//! | `prometheus_datasource`, `loki_datasource`, `tempo_datasource` | the data sources | all |
//! | `job` | the service; hidden, since a dashboard is for one service | all |
//! | `instance` | one instance, or all | all |
//! | `endpoint`, `method` | the route template and its methods | endpoint |
//! | `slo` | the objective | slo |
//!
//! # Annotations
//!
//! | annotation | marks | query |
//! |---|---|---|
//! | Deployments | a version that did not run five minutes before | `obs_build_info` |
//! | Alerts | the time during which an alert of the service fires | `ALERTS{alertstate="firing"}` |
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let text = "version: 1\nlinks: { grafana: 'https://grafana.example.com' }\nservices: [{ name: orders }]";
//! let definition = Definition::parse(text, "obs.yaml")?;
//! let url = obs_stack::grafana::dashboard_url(&definition, &definition.services[0]);
//! assert_eq!(url.as_deref(), Some("https://grafana.example.com/d/obs-overview-orders"));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

mod dashboards;
mod explore;
mod kind;
mod layout;
mod model;
mod panel_queries;
mod provisioning;
mod query;
mod sections;
mod thresholds;

#[cfg(test)]
mod tests;

pub(crate) use panel_queries::expressions;

pub use dashboards::files;
pub use kind::dashboard_url;
pub use panel_queries::{PanelQuery, queries};
