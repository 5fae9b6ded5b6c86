//! The queries of all panels, for programs that check or run them.

use obs_rules::{
    definition::{Definition, Service},
    promql::{Expr, Window},
};

use super::{
    dashboards::{of_service, of_services},
    kind::path,
    model::{Item, Target},
    query::RATE_INTERVAL,
};
use crate::text::regex_escape;

/// A Prometheus query of a panel, with values for Grafana's variables, from [`queries`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PanelQuery {
    /// The title of the dashboard.
    pub dashboard: String,
    /// The title of the panel.
    pub panel: String,
    /// The query, as Prometheus reads it.
    pub promql: String,
}

/// All Prometheus queries of all dashboards, for programs that check or run them.
///
/// Variables have the values that Grafana would send: all instances, the first endpoint
/// that is not a stream, the first SLO, and `rate_interval` for rates.
///
/// ```
/// use obs_rules::{definition::Definition, promql::Window};
/// use obs_stack::grafana;
///
/// let definition = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
/// let queries = grafana::queries(&definition, Window::minutes(1));
/// assert!(queries.iter().any(|query| query.promql.contains("rate(http_requests_total{")));
/// assert!(queries.iter().all(|query| !query.promql.contains('$')));
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
#[must_use]
pub fn queries(definition: &Definition, rate_interval: Window) -> Vec<PanelQuery> {
    let mut queries = Vec::new();
    for (service, _, dashboard) in of_services(definition) {
        for item in dashboard.panels {
            let Item::Panel(panel) = item else { continue };
            for target in panel.targets {
                let Target::Prometheus { expr, .. } = target else {
                    continue;
                };
                queries.push(PanelQuery {
                    dashboard: dashboard.title.clone(),
                    panel: panel.title.clone(),
                    promql: filled(service, expr, rate_interval).to_string(),
                });
            }
        }
    }
    queries
}

/// The query with values for Grafana's variables.
fn filled(service: &Service, expr: Expr, rate_interval: Window) -> Expr {
    let endpoint = service.endpoints.iter().find(|endpoint| !endpoint.is_stream);
    let endpoint = endpoint.map_or("", |endpoint| endpoint.template.as_str());
    let slo = service.slos.first().map_or("", |slo| slo.name());
    let value = |value: &str| match value {
        "$job" => regex_escape(&service.name),
        "$instance" | "$method" => ".+".to_owned(),
        "$endpoint" => endpoint.to_owned(),
        "$slo" => slo.to_owned(),
        other => other.to_owned(),
    };
    expr.map(&|selector| selector.map_values(value), &|range| match range {
        RATE_INTERVAL => rate_interval.into(),
        range => range,
    })
}

/// All expressions of the dashboards of a service, of panels and annotations, with the path
/// of the dashboard's file.
pub(crate) fn expressions(definition: &Definition, service: &Service) -> Vec<(String, Expr)> {
    let mut found = Vec::new();
    for (kind, dashboard) in of_service(definition, service) {
        let of_panels = dashboard.panels.into_iter().filter_map(|item| match item {
            Item::Panel(panel) => Some(panel.targets),
            Item::Row(_) => None,
        });
        let of_targets = of_panels.flatten().filter_map(|target| match target {
            Target::Prometheus { expr, .. } => Some(expr),
            Target::Loki { .. } | Target::Tempo { .. } => None,
        });
        let of_annotations = dashboard.annotations.list.into_iter().map(|annotation| annotation.expr);
        let path = path(service, kind);
        found.extend(of_targets.chain(of_annotations).map(|expr| (path.clone(), expr)));
    }
    found
}
