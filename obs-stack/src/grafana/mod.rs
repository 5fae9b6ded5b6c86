//! Files of Grafana: dashboards, and the provisioning of data sources and dashboards.
//!
//! Each service has a dashboard of its own, and three that it leads to:
//!
//! | dashboard | shows |
//! |---|---|
//! | overview | requests, errors, duration; endpoints; what the service works with and runs on; log lines; traces |
//! | endpoint | one endpoint, chosen at the top |
//! | slo | objectives and error budgets, if the service has any |
//! | telemetry | whether what is measured, logged and traced arrives |
//!
//! Every panel says what it shows, has a unit, and leads to the runbooks of the alerts that are about the
//! same. Thresholds and axes come from the service's objectives and alerts.

mod dashboards;
mod explore;
mod layout;
mod model;
mod provisioning;
mod query;
mod sections;
mod thresholds;

#[cfg(test)]
mod tests;

pub use dashboards::{dashboard_url, files};
pub use query::{PanelQuery, queries};
