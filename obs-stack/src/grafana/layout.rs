//! Where panels stand.

use obs_rules::{
    AlertRule, Condition,
    definition::{Definition, Service},
    promql::Expr,
};

use super::{
    model::{GridPos, Item, Link, Panel, Row, Target},
    query::{self, Source},
};
use crate::{runbooks, subject::Subject};

/// Columns of Grafana's grid.
const COLUMNS: u32 = 24;

/// Panels in rows, from left to right and from the top down.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    context: &'a Context<'a>,
    topic: Topic,
    items: Vec<Item>,
    next_id: u32,
    y: u32,
}

// === impl Layout ===

impl<'a> Layout<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self { context, topic: Topic::Traffic, items: Vec::new(), next_id: 1, y: 0 }
    }

    pub(super) fn context(&self) -> &'a Context<'a> {
        self.context
    }

    /// A heading; the panels below are about `topic`.
    pub(super) fn row(&mut self, title: &str, topic: Topic) {
        self.topic = topic;
        let grid_pos = GridPos { h: 1, w: COLUMNS, x: 0, y: self.y };
        let (id, title) = (self.id(), title.to_owned());
        self.items.push(Item::Row(Row { id, kind: "row", title, collapsed: false, grid_pos, panels: Vec::new() }));
        self.y += 1;
    }

    /// What the next panels are about.
    pub(super) fn about(&mut self, topic: Topic) {
        self.topic = topic;
    }

    /// Panels side by side, the width shared among them evenly.
    pub(super) fn line(&mut self, height: u32, panels: impl IntoIterator<Item = Panel>) {
        let panels: Vec<_> = panels.into_iter().collect();
        let width = COLUMNS / u32::try_from(panels.len()).unwrap_or(1).max(1);
        self.place(height, panels.into_iter().map(|panel| (width, panel)));
    }

    /// Pairs of a value and its trend, side by side.
    pub(super) fn pairs(&mut self, pairs: impl IntoIterator<Item = (Panel, Panel)>) {
        let pairs: Vec<_> = pairs.into_iter().collect();
        if pairs.is_empty() {
            return;
        }
        let width = COLUMNS / u32::try_from(pairs.len()).unwrap_or(1);
        let value = width / 3;
        let panels = pairs.into_iter().flat_map(|(stat, trend)| [(value, stat), (width - value, trend)]);
        self.place(8, panels);
    }

    fn place(&mut self, height: u32, panels: impl IntoIterator<Item = (u32, Panel)>) {
        let mut x = 0;
        for (width, mut panel) in panels {
            panel.id = self.id();
            panel.grid_pos = GridPos { h: height, w: width, x, y: self.y };
            if panel.links.is_empty() {
                panel.links = self.context.runbooks(self.topic);
            }
            x += width;
            self.items.push(Item::Panel(Box::new(panel)));
        }
        self.y += height;
    }

    pub(super) fn into_items(self) -> Vec<Item> {
        self.items
    }

    fn id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }
}

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

/// What a panel is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Traffic,
    Errors,
    Latency,
    Clients,
    Databases,
    Caches,
    Saturation,
    Telemetry,
}

// === impl Topic ===

impl Topic {
    /// Where an alert belongs; nowhere, if only its author knows what it is about.
    pub(super) fn of(service: &Service, alert: &AlertRule) -> Option<Self> {
        Some(match Subject::of(service, alert) {
            Subject::Errors | Subject::Panics => Self::Errors,
            Subject::Latency => Self::Latency,
            Subject::Traffic | Subject::Absent => Self::Traffic,
            Subject::Clients => Self::Clients,
            Subject::Pool | Subject::Queries => Self::Databases,
            Subject::Caches => Self::Caches,
            Subject::FileDescriptors | Subject::Runtime => Self::Saturation,
            Subject::LogLines | Subject::LogRecords | Subject::Spans | Subject::Series => Self::Telemetry,
            Subject::Own => return None,
        })
    }
}
