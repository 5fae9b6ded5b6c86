//! What the panels of a service share.

use obs_rules::{
    AlertRule, Condition,
    definition::{Definition, Service},
    promql::Expr,
};

use super::{
    model::{Link, Panel, Target},
    query::{self, Source},
    topic::Topic,
};
use crate::runbooks;

/// So many runbooks a panel or dashboard links to; the folder of all follows where there are more.
const MOST_RUNBOOKS: usize = 5;

/// A service, and where its data is.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) definition: &'a Definition,
    pub(super) service: &'a Service,
    pub(super) source: Source,
}

// === impl Context ===

impl<'a> Context<'a> {
    pub(super) fn new(definition: &'a Definition, service: &'a Service) -> Self {
        Self { definition, service, source: Source::new(service) }
    }

    /// The same for the endpoint that is chosen on the dashboard.
    pub(super) fn endpoint(definition: &'a Definition, service: &'a Service) -> Self {
        Self { definition, service, source: Source::new(service).endpoint() }
    }

    /// The service, and what is measured.
    pub(super) fn title(&self, metric: &str) -> String {
        format!("{}: {metric}", self.service.name)
    }

    /// Where it says what to do about `topic`: the runbooks of its alerts, else the folder of all.
    pub(super) fn runbooks(&self, topic: Topic) -> Vec<Link> {
        let alerts = self.service.alerts.iter().filter(|alert| Topic::of(self.service, alert) == Some(topic));
        // Those of the whole service first: each objective has some of its own.
        let (of_objectives, of_service): (Vec<_>, Vec<_>) =
            alerts.partition(|alert| matches!(alert.condition(), Condition::BurnRate { .. }));
        let (mut links, are_all) = self.some_runbooks(of_service.into_iter().chain(of_objectives));
        if links.is_empty() || !are_all {
            links.extend(self.all_runbooks());
        }
        links
    }

    /// Those of the service's own alerts, which no topic has; only some, if they are many.
    pub(super) fn own_runbooks(&self) -> Vec<Link> {
        self.some_runbooks(self.service.alerts.iter().filter(|alert| Topic::of(self.service, alert).is_none())).0
    }

    /// The first runbooks of these alerts, and whether they are all. Every panel carries its links: without a bound a
    /// dashboard would grow with the square of the objectives.
    fn some_runbooks<'b>(&self, alerts: impl Iterator<Item = &'b AlertRule>) -> (Vec<Link>, bool) {
        let mut links: Vec<_> = alerts.filter_map(|alert| self.runbook(alert)).collect();
        links.dedup();
        let are_all = links.len() <= MOST_RUNBOOKS;
        links.truncate(MOST_RUNBOOKS);
        (links, are_all)
    }

    pub(super) fn runbook(&self, alert: &AlertRule) -> Option<Link> {
        let url = runbooks::url(self.definition, alert)?;
        Some(Link::page(format!("Runbook: {}", alert.name()), url, "What to do when this alert fires"))
    }

    /// The folder of all runbooks, if it is known.
    pub(super) fn all_runbooks(&self) -> Option<Link> {
        let url = self.definition.links.runbooks.as_deref()?;
        Some(Link::page("Runbooks", url, "What to do, alert by alert"))
    }

    /// A value and its trend, from one query.
    pub(super) fn pair(&self, metric: &str, unit: &'static str, description: &str, target: Target) -> (Panel, Panel) {
        let stat = Panel::stat(unit).about(format!("{} now", self.title(metric)), description);
        let trend = Panel::time_series(unit).about(self.title(metric), description);
        (stat.target(target.clone()), trend.target(target))
    }

    /// Values over time, from one query.
    pub(super) fn trend(
        &self,
        metric: &str,
        unit: &'static str,
        description: &str,
        expr: &Expr,
        legend: &str,
    ) -> Panel {
        Panel::time_series(unit)
            .about(self.title(metric), description)
            .target(Target::prometheus(query::text(expr), legend))
    }

    /// Counts over time that are 0 where there are no series.
    pub(super) fn count(
        &self,
        metric: &str,
        unit: &'static str,
        description: &str,
        expr: &Expr,
        legend: &str,
    ) -> Panel {
        Panel::time_series(unit)
            .about(self.title(metric), description)
            .no_value("none")
            .target(Target::prometheus(query::or_zero(expr), legend))
    }
}
