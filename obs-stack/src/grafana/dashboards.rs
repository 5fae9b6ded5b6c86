//! The dashboards of a service: which there are, their sections, variables, annotations and
//! links.

use obs_conventions::names::metric;
use obs_rules::{
    definition::{Definition, Service},
    promql::{Expr, Selector, Window},
};

use super::{
    explore,
    kind::{Kind, path},
    layout::{Context, Layout},
    model::{Annotation, Annotations, Dashboard, DataSource, Link, Templating, TimeRange, Variable},
    provisioning,
    query::Source,
    sections,
};
use crate::{File, prometheus::slo_series};

/// Generates the provisioning, and three or four dashboards for each service: overview,
/// endpoints, telemetry, and SLOs if it has any.
///
/// | dashboard | time range | refreshed every |
/// |---|---|---|
/// | overview, endpoint | the last hour | 30 seconds |
/// | telemetry | the last 6 hours | 30 seconds |
/// | slo | the last 7 days | 5 minutes |
///
/// All are read-only in Grafana, since a change would be lost with the next generation; save
/// a copy to edit one. They have one crosshair for all panels, and the tags `obs` and the
/// name of the service, by which they link to each other.
///
/// ```
/// use obs_rules::definition::Definition;
///
/// let definition = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
/// let files = obs_stack::grafana::files(&definition);
/// let boards = files.iter().filter(|file| file.path.starts_with("grafana/dashboards/orders-"));
/// assert_eq!(boards.count(), 3);
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let mut files = provisioning::files();
    files.extend(of_services(definition).map(|(service, kind, dashboard)| file(service, kind, &dashboard)));
    files
}

/// All dashboards, service by service.
pub(super) fn of_services(definition: &Definition) -> impl Iterator<Item = (&Service, Kind, Dashboard)> {
    definition.services.iter().flat_map(|service| {
        of_service(definition, service)
            .into_iter()
            .map(move |(kind, dashboard)| (service, kind, dashboard))
    })
}

/// The file of a dashboard.
fn file(service: &Service, kind: Kind, dashboard: &Dashboard) -> File {
    let path = path(service, kind);
    // Plain data with text as keys can always be written.
    let mut json = serde_json::to_string_pretty(dashboard).unwrap_or_default();
    json.push('\n');
    File::new(path, json)
}

/// The dashboards of a service: the overview, then those that it links to.
pub(super) fn of_service(definition: &Definition, service: &Service) -> Vec<(Kind, Dashboard)> {
    let mut kinds = vec![Kind::Overview, Kind::Endpoint];
    if !service.slos.is_empty() {
        kinds.push(Kind::Slo);
    }
    kinds.push(Kind::Telemetry);
    kinds
        .into_iter()
        .map(|kind| (kind, dashboard(definition, service, kind)))
        .collect()
}

/// One dashboard of a service.
fn dashboard(definition: &Definition, service: &Service, kind: Kind) -> Dashboard {
    let context = match kind {
        Kind::Endpoint => Context::endpoint(definition, service),
        _ => Context::new(definition, service),
    };
    let mut layout = Layout::new(&context);
    let (title, description, from) = match kind {
        Kind::Overview => {
            overview(&mut layout);
            ("overview", service.description.as_str(), "now-1h")
        }
        Kind::Endpoint => {
            endpoint(&mut layout);
            (
                "endpoint",
                "One endpoint of the service, selected at the top.",
                "now-1h",
            )
        }
        Kind::Slo => {
            sections::objectives(&mut layout);
            sections::objective(&mut layout);
            (
                "objectives",
                "Service level objectives and their error budgets.",
                "now-7d",
            )
        }
        Kind::Telemetry => {
            sections::telemetry(&mut layout);
            (
                "telemetry",
                "Whether metrics, logs and traces arrive, and what they cost.",
                "now-6h",
            )
        }
    };
    Dashboard {
        id: None,
        uid: kind.uid(service),
        title: context.title(title),
        description: description.to_owned(),
        tags: tags(service),
        editable: false,
        // One crosshair for all panels.
        graph_tooltip: 1,
        schema_version: 42,
        timezone: "browser",
        refresh: if kind == Kind::Slo { "5m" } else { "30s" },
        time: TimeRange { from, to: "now" },
        templating: Templating {
            list: variables(&context, kind),
        },
        annotations: annotations(&context),
        links: links(&context),
        panels: layout.into_items(),
    }
}

/// The sections of the overview.
fn overview(layout: &mut Layout<'_>) {
    let service = layout.context().service;
    sections::red(layout);
    sections::burn_rates(layout);
    sections::table(layout);
    sections::by_endpoint(layout);
    sections::streams(layout);
    sections::errors(layout);
    sections::clients(layout);
    sections::databases(layout);
    sections::caches(layout);
    sections::own(layout);
    sections::saturation(layout);
    sections::logs(
        layout,
        explore::log_volume(service, ""),
        explore::error_lines(service, ""),
    );
    let description = "The latest requests that failed or were slow.";
    sections::traces(
        layout,
        "failed and slow traces",
        description,
        explore::failed_or_slow_traces(service),
    );
}

/// The sections of the endpoint dashboard.
fn endpoint(layout: &mut Layout<'_>) {
    let service = layout.context().service;
    let filter = explore::endpoint_filter("$method", "$endpoint");
    sections::red(layout);
    sections::errors(layout);
    sections::sizes(layout);
    sections::logs(
        layout,
        explore::log_volume(service, &filter),
        explore::error_lines(service, &filter),
    );
    let query = explore::endpoint_traces(service, "$method", "$endpoint");
    sections::traces(layout, "traces", "The latest requests to this endpoint.", query);
}

/// Tags, by which the dashboards of a service link to each other.
fn tags(service: &Service) -> Vec<String> {
    vec!["obs".to_owned(), service.name.clone()]
}

/// Links at the top: other dashboards, runbooks, source code.
fn links(context: &Context<'_>) -> Vec<Link> {
    let mut links = vec![Link::dashboards(context.service.name.clone(), tags(context.service))];
    links.extend(context.own_runbooks());
    links.extend(context.all_runbooks());
    if let Some(source) = &context.definition.links.source {
        links.push(Link::page("Source", source, "The source code of the service"));
    }
    links
}

/// Variables at the top: data sources, instance, and endpoint or SLO.
fn variables(context: &Context<'_>, kind: Kind) -> Vec<Variable> {
    let service = context.service;
    let jobs = Selector::new(metric::BUILD_INFO.base()).with("job", &service.name);
    let instances = Selector::new(metric::BUILD_INFO.base()).matching("job", "$job");
    let mut variables = vec![
        Variable::data_source("prometheus_datasource", "prometheus", "Prometheus data source"),
        Variable::data_source("loki_datasource", "loki", "Loki data source"),
        Variable::data_source("tempo_datasource", "tempo", "Tempo data source"),
        // One service has one dashboard: there is nothing to choose, but links and linters expect it.
        Variable::values("job", "Job", format!("label_values({jobs}, job)"))
            .current(&service.name)
            .hidden(),
        Variable::values("instance", "Instance", format!("label_values({instances}, instance)")).with_all(),
    ];
    if kind == Kind::Endpoint {
        let naming = context.source.naming();
        let requests = Selector::new(format!("{}_count", naming.duration()));
        let requests = requests.matching("job", "$job").matching("instance", "$instance");
        let endpoints = format!("label_values({requests}, {})", naming.endpoint_label());
        let of_endpoint = requests.clone().with(naming.endpoint_label(), "$endpoint");
        let methods = format!("label_values({of_endpoint}, {})", naming.method_label());
        let endpoint = Variable::values("endpoint", "Endpoint", endpoints).single();
        let first = service.endpoints.first();
        variables.push(first.map_or(endpoint.clone(), |first| endpoint.current(&first.template)));
        variables.push(Variable::values("method", "Method", methods).with_all());
    }
    if kind == Kind::Slo {
        let objectives = Selector::new(slo_series::OBJECTIVE).matching("job", "$job");
        let objective = Variable::values("slo", "Objective", format!("label_values({objectives}, slo)")).single();
        let first = service.slos.first();
        variables.push(first.map_or(objective.clone(), |first| objective.current(first.name())));
    }
    variables
}

/// Marks in all panels: deployments and firing alerts.
fn annotations(context: &Context<'_>) -> Annotations {
    const AGO: Window = Window::minutes(5);
    let build = Source::on_service(metric::BUILD_INFO.base());
    let by = ["version", "revision"];
    let now = Expr::instant(&build).aggregate("count", &by);
    let before = Expr::instant_before(&build, AGO).aggregate("count", &by);
    let alerts = Selector::new("ALERTS")
        .with("alertstate", "firing")
        .with("service", &context.service.name);
    let deployment = Annotation {
        name: "Deployments",
        datasource: DataSource::PROMETHEUS,
        enable: true,
        icon_color: "blue",
        // A version that did not exist 5 minutes before.
        expr: now.unless(before),
        step: "60s",
        title_format: "Deployed {{version}}",
        text_format: "revision {{revision}}",
        tag_keys: "version",
    };
    let alert = Annotation {
        name: "Alerts",
        icon_color: "red",
        expr: Expr::instant(&alerts),
        title_format: "{{alertname}}",
        text_format: "{{severity}}",
        tag_keys: "severity,slo",
        ..deployment.clone()
    };
    Annotations {
        list: vec![deployment, alert],
    }
}
