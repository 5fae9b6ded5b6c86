//! Reads a service.

use std::{collections::BTreeMap, sync::Arc};

use obs_conventions::{Convention, names::metric};

use super::{
    Endpoint, Position, Service, Team,
    document::Common,
    fields::{Field, Fields},
    names::without_twins,
    node::Value,
    read_alert::read_alerts,
    read_slo::read_slo,
    report::suggestion,
};
use crate::{AlertRule, Slo};

const KEYS: [&str; 16] = [
    "name",
    "description",
    "team",
    "version",
    "environment",
    "namespace",
    "convention",
    "targets",
    "metrics_path",
    "log_files",
    "endpoints",
    "databases",
    "caches",
    "clients",
    "slos",
    "alerts",
];
const ENDPOINT_KEYS: [&str; 2] = ["endpoint", "stream"];
const DEFAULT_METRICS_PATH: &str = "/metrics";
/// The most bounds that a histogram may have.
const MAX_BOUNDS: usize = 256;

/// Reads the text of a field.
type Reader<'a> = fn(Field<'a>) -> Option<&'a str>;

/// A service with all that it is watched for; what is wrong is stood in for.
pub(super) fn read_service<'a>(field: Field<'a>, common: &Common) -> Option<Service> {
    let fields = field.fields("a service", &KEYS)?;
    let texts = |key, read: Reader<'a>| -> Vec<String> {
        fields
            .list(key)
            .into_iter()
            .filter_map(read)
            .map(str::to_owned)
            .collect()
    };
    let or = |key, read: Reader<'a>, default: &str| fields.get(key).and_then(read).unwrap_or(default).to_owned();
    let mut service = Service {
        name: fields
            .need("name", "orders")
            .and_then(Field::name)
            .unwrap_or_default()
            .to_owned(),
        description: fields.text("description"),
        team: read_team(fields, &common.teams),
        version: fields.get("version").and_then(Field::words).map(str::to_owned),
        environment: or("environment", Field::name, &common.environment),
        namespace: or("namespace", Field::namespace, metric::DEFAULT_NAMESPACE),
        convention: fields.get("convention").and_then(read_convention).unwrap_or_default(),
        targets: texts("targets", Field::target),
        metrics_path: or("metrics_path", Field::path, DEFAULT_METRICS_PATH),
        log_files: texts("log_files", Field::words),
        endpoints: read_endpoints(fields),
        databases: texts("databases", Field::words),
        caches: texts("caches", Field::words),
        has_clients: fields.get("clients").and_then(Field::boolean).unwrap_or_default(),
        slos: Vec::new(),
        alerts: Vec::new(),
        places: BTreeMap::new(),
    };
    let slos = read_slos(fields, &service);
    service.slos = slos.iter().map(|(_, slo)| Arc::clone(slo)).collect();
    watch(&mut service, &slos, fields, common);
    Some(service)
}

/// Adds what it is watched for.
fn watch(service: &mut Service, slos: &[(Position, Arc<Slo>)], fields: Fields<'_>, common: &Common) {
    let mut alerts = read_alerts(fields, service, &common.teams);
    alerts.extend(
        slos.iter()
            .flat_map(|(at, slo)| slo.alerts().into_iter().map(|rule| (*at, rule))),
    );
    for (at, rule) in without_twins("alert", alerts, AlertRule::name, fields.report) {
        let rule = with_owner(rule, service, common);
        if let Err(error) = rule.check() {
            fields
                .report
                .add::<()>(at, format!("alert {:?}: {}", rule.name(), error.message()));
        }
        service.places.insert(rule.name().to_owned(), at);
        service.alerts.push(rule);
    }
    let bounds = service.duration_bounds().len();
    if bounds > MAX_BOUNDS {
        let message = format!("thresholds make {bounds} buckets of durations: {MAX_BOUNDS} is the most there may be");
        fields.report.add::<()>(fields.at, message);
    }
}

/// The labels and links that every alert of the service has.
fn with_owner(rule: AlertRule, service: &Service, common: &Common) -> AlertRule {
    let rule = rule.label("service", &service.name);
    let rule = if rule.owner().is_none() && !service.team.is_empty() {
        rule.team(&service.team)
    } else {
        rule
    };
    match &common.links.runbooks {
        Some(folder) if rule.runbook().is_none() => {
            let url = format!("{}/{}", folder.trim_end_matches('/'), rule.runbook_name());
            rule.runbook_url(url)
        }
        _ => rule,
    }
}

/// The only team there is, if none is named.
fn read_team(fields: Fields<'_>, teams: &[Team]) -> String {
    match (fields.get("team"), teams) {
        (Some(field), _) => known_team(field, teams).unwrap_or_default().to_owned(),
        (None, [only]) => only.name.clone(),
        (None, []) => String::new(),
        (None, _) => {
            let names: Vec<_> = teams.iter().map(|team| team.name.as_str()).collect();
            let message = format!("\"team\" is missing: it is one of {}", names.join(", "));
            fields.report.add(fields.at, message).unwrap_or_default()
        }
    }
}

/// A team that is declared.
pub(super) fn known_team<'a>(field: Field<'a>, teams: &[Team]) -> Option<&'a str> {
    let name = field.name()?;
    if teams.iter().any(|team| team.name == name) {
        return Some(name);
    }
    let hint = suggestion(name, teams.iter().map(|team| team.name.as_str()));
    field.refuse(&format!("a team of the file's \"teams\"{hint}"))
}

fn read_convention(field: Field<'_>) -> Option<Convention> {
    match field.text()? {
        "prometheus" => Some(Convention::Prometheus),
        "opentelemetry" => Some(Convention::OpenTelemetry),
        _ => field.refuse("prometheus or opentelemetry"),
    }
}

fn read_endpoints(fields: Fields<'_>) -> Vec<Endpoint> {
    let read = fields
        .list("endpoints")
        .into_iter()
        .filter_map(|item| Some((item.at(), read_endpoint(item)?)));
    let (places, endpoints): (Vec<_>, Vec<_>) = read.unzip();
    for (nth, endpoint) in endpoints.iter().enumerate() {
        let Endpoint { method, template, .. } = endpoint;
        if endpoints[..nth]
            .iter()
            .any(|other| other.method == *method && other.template == *template)
        {
            fields.report.add::<()>(
                places[nth],
                format!("a second endpoint \"{method} {template}\": delete one"),
            );
        }
    }
    endpoints
}

fn read_endpoint(field: Field<'_>) -> Option<Endpoint> {
    if !matches!(field.node.value, Value::Map(_)) {
        return field.endpoint();
    }
    let fields = field.fields("an endpoint", &ENDPOINT_KEYS)?;
    let is_stream = fields.get("stream").and_then(Field::boolean).unwrap_or_default();
    Some(Endpoint {
        is_stream,
        ..fields.need("endpoint", "GET /events")?.endpoint()?
    })
}

fn read_slos(fields: Fields<'_>, service: &Service) -> Vec<(Position, Arc<Slo>)> {
    let read = fields
        .list("slos")
        .into_iter()
        .filter_map(|item| Some((item.at(), read_slo(item, service)?)));
    without_twins("SLO", read, |slo| slo.name(), fields.report)
}
