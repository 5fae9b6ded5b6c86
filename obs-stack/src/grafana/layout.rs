//! The layout of a dashboard: rows and panels on the grid, what panels share, and the
//! runbooks that they link to.

use obs_rules::{
    AlertRule,
    definition::{Definition, Service},
    promql::Expr,
};

use super::{
    model::{GridPos, Item, Link, Panel, Row, Target},
    query::Source,
};
use crate::{runbooks, subject::Subject};

/// Columns of Grafana's grid.
const COLUMNS: u32 = 24;

/// The rows and panels of a dashboard, placed from left to right and from top to bottom.
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
    /// An empty layout.
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            topic: Topic::Traffic,
            items: Vec::new(),
            next_id: 1,
            y: 0,
        }
    }

    /// The service, and what its panels share.
    pub(super) fn context(&self) -> &'a Context<'a> {
        self.context
    }

    /// Adds a row heading; the panels below are about `topic`.
    pub(super) fn row(&mut self, title: &str, topic: Topic) {
        self.topic = topic;
        let grid_pos = GridPos {
            h: 1,
            w: COLUMNS,
            x: 0,
            y: self.y,
        };
        let (id, title) = (self.id(), title.to_owned());
        self.items.push(Item::Row(Row {
            id,
            kind: "row",
            title,
            collapsed: false,
            grid_pos,
            panels: Vec::new(),
        }));
        self.y += 1;
    }

    /// Sets the topic of the next panels.
    pub(super) fn about(&mut self, topic: Topic) {
        self.topic = topic;
    }

    /// Adds panels side by side, all of the same width. `height` is in grid units.
    pub(super) fn line(&mut self, height: u32, panels: impl IntoIterator<Item = Panel>) {
        let panels: Vec<_> = panels.into_iter().collect();
        let width = COLUMNS / u32::try_from(panels.len()).unwrap_or(1).max(1);
        self.place(height, panels.into_iter().map(|panel| (width, panel)));
    }

    /// Adds pairs of a current value and its trend, side by side; the value takes a third
    /// of the width.
    pub(super) fn pairs(&mut self, pairs: impl IntoIterator<Item = (Panel, Panel)>) {
        let pairs: Vec<_> = pairs.into_iter().collect();
        if pairs.is_empty() {
            return;
        }
        let width = COLUMNS / u32::try_from(pairs.len()).unwrap_or(1);
        let value = width / 3;
        let panels = pairs
            .into_iter()
            .flat_map(|(stat, trend)| [(value, stat), (width - value, trend)]);
        self.place(8, panels);
    }

    /// Places panels of given widths on one line.
    fn place(&mut self, height: u32, panels: impl IntoIterator<Item = (u32, Panel)>) {
        let mut x = 0;
        for (width, mut panel) in panels {
            panel.id = self.id();
            panel.grid_pos = GridPos {
                h: height,
                w: width,
                x,
                y: self.y,
            };
            if panel.links.is_empty() {
                panel.links = self.context.runbooks(self.topic);
            }
            x += width;
            self.items.push(Item::Panel(Box::new(panel)));
        }
        self.y += height;
    }

    /// The rows and panels, in order.
    pub(super) fn into_items(self) -> Vec<Item> {
        self.items
    }

    /// The next panel id.
    fn id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }
}

/// The most runbooks that a panel or dashboard links to; with more, a link to all follows.
const MOST_RUNBOOKS: usize = 5;

/// The service of a dashboard, and builders of its panels.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) definition: &'a Definition,
    pub(super) service: &'a Service,
    pub(super) source: Source,
}

// === impl Context ===

impl<'a> Context<'a> {
    /// For the dashboards of the whole service.
    pub(super) fn new(definition: &'a Definition, service: &'a Service) -> Self {
        Self {
            definition,
            service,
            source: Source::new(service),
        }
    }

    /// For the endpoint that is selected on the dashboard.
    pub(super) fn endpoint(definition: &'a Definition, service: &'a Service) -> Self {
        Self {
            definition,
            service,
            source: Source::new(service).endpoint(),
        }
    }

    /// The title of a panel: service and metric.
    pub(super) fn title(&self, metric: &str) -> String {
        format!("{}: {metric}", self.service.name)
    }

    /// Links to the runbooks of the alerts about a topic, or to all runbooks if there are
    /// none.
    pub(super) fn runbooks(&self, topic: Topic) -> Vec<Link> {
        let alerts = self
            .service
            .alerts
            .iter()
            .filter(|alert| Topic::of(self.service, alert) == Some(topic));
        // Those of the whole service first: each SLO has four of its own.
        let (of_objectives, of_service): (Vec<_>, Vec<_>) =
            alerts.partition(|alert| alert.condition().burn_rate().is_some());
        let (mut links, are_all) = self.some_runbooks(of_service.into_iter().chain(of_objectives));
        if links.is_empty() || !are_all {
            links.extend(self.all_runbooks());
        }
        links
    }

    /// Links to the runbooks of custom alerts, which belong to no topic.
    pub(super) fn own_runbooks(&self) -> Vec<Link> {
        self.some_runbooks(
            self.service
                .alerts
                .iter()
                .filter(|alert| Topic::of(self.service, alert).is_none()),
        )
        .0
    }

    /// The first runbooks of these alerts, and whether they are all. Every panel carries
    /// its links, so their number is limited: otherwise dashboards would grow with the
    /// square of the SLOs.
    fn some_runbooks<'b>(&self, alerts: impl Iterator<Item = &'b AlertRule>) -> (Vec<Link>, bool) {
        let mut links: Vec<_> = alerts.filter_map(|alert| self.runbook(alert)).collect();
        links.dedup();
        let are_all = links.len() <= MOST_RUNBOOKS;
        links.truncate(MOST_RUNBOOKS);
        (links, are_all)
    }

    /// The link to the runbook of an alert.
    pub(super) fn runbook(&self, alert: &AlertRule) -> Option<Link> {
        let url = runbooks::url(self.definition, alert)?;
        Some(Link::page(
            format!("Runbook: {}", alert.name()),
            url,
            "What to do when this alert fires",
        ))
    }

    /// The link to the folder of all runbooks, if the definition has one.
    pub(super) fn all_runbooks(&self) -> Option<Link> {
        let url = self.definition.links.runbooks.as_deref()?;
        Some(Link::page("Runbooks", url, "What to do, for each alert"))
    }

    /// A panel with the current value and one with the trend of the same query.
    pub(super) fn pair(&self, metric: &str, unit: &'static str, description: &str, target: Target) -> (Panel, Panel) {
        let stat = Panel::stat(unit).about(format!("{} now", self.title(metric)), description);
        let trend = Panel::time_series(unit).about(self.title(metric), description);
        (stat.target(target.clone()), trend.target(target))
    }

    /// A time series of one query.
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
            .target(Target::prometheus(expr.clone(), legend))
    }

    /// A time series of one query that is 0 where there are no series.
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
            .target(Target::prometheus(expr.clone().or_zero_if_none(), legend))
    }
}

/// What a panel is about: it selects the runbooks that the panel links to.
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
    /// The topic of an alert; `None` for custom alerts on other metrics.
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
