//! The queries of dashboards, for programs that check them.

use obs_rules::{
    definition::{Definition, Service},
    promql::{Expr, Window},
};

use super::{
    files::of_services,
    model::{Item, Target},
};
use crate::text::regex_escape;

/// A query of a panel to Prometheus, with values in place of Grafana's variables.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PanelQuery {
    /// The title of the dashboard.
    pub dashboard: String,
    /// The title of the panel.
    pub panel: String,
    /// The `PromQL`, as Prometheus reads it.
    pub promql: String,
}

/// All queries of all dashboards to Prometheus, as Grafana would send them: for all instances, for the first
/// endpoint that is declared and no stream, for the first objective, with rates over `rate_interval`.
#[must_use]
pub fn queries(definition: &Definition, rate_interval: Window) -> Vec<PanelQuery> {
    let mut queries = Vec::new();
    for (service, _, dashboard) in of_services(definition) {
        for item in dashboard.panels {
            let Item::Panel(panel) = item else { continue };
            for target in panel.targets {
                let Target::Prometheus { expr, .. } = target else { continue };
                queries.push(PanelQuery {
                    dashboard: dashboard.title.clone(),
                    panel: panel.title.clone(),
                    promql: filled(service, &expr, rate_interval),
                });
            }
        }
    }
    queries
}

fn filled(service: &Service, expr: &str, rate_interval: Window) -> String {
    let endpoint = service.endpoints.iter().find(|endpoint| !endpoint.is_stream);
    let endpoint = endpoint.map_or("", |endpoint| endpoint.template.as_str());
    let slo = service.slos.first().map_or("", |slo| slo.name());
    expr.replace("[$__rate_interval]", &format!("[{rate_interval}]"))
        .replace("\"$job\"", &Expr::string(&regex_escape(&service.name)))
        .replace("\"$instance\"", "\".+\"")
        .replace("\"$endpoint\"", &Expr::string(endpoint))
        .replace("\"$method\"", "\".+\"")
        .replace("\"$slo\"", &Expr::string(slo))
}
