//! Reads alerts: the standard ones that are wanted, with what was changed of them, and own ones.

use super::{
    Position, Service, Team,
    fields::{Field, Fields},
    node::Value,
    read_condition::{read_condition, read_threshold},
    read_service::known_team,
    report::suggestion,
};
use crate::{
    AlertRule, Comparison, Condition, NoData, Severity,
    promql::Selector,
    rules::{Standard, Subject},
    template::{self, Known},
};

const KEYS: [&str; 2] = ["standard", "own"];
/// What every alert can say.
const SETTINGS: [&str; 14] = [
    "severity",
    "summary",
    "description",
    "team",
    "runbook",
    "cause",
    "for",
    "keep_firing_for",
    "cooldown",
    "clear",
    "min_requests",
    "no_data",
    "labels",
    "annotations",
];
const STANDARD_KEYS: [&str; 3] = ["above", "below", "window"];
const OWN_KEYS: [&str; 2] = ["name", "condition"];

/// The alerts of a service, and where they stand.
pub(super) fn read_alerts(fields: Fields<'_>, service: &Service, teams: &[Team]) -> Vec<(Position, AlertRule)> {
    let alerts = fields.get("alerts").and_then(|field| field.fields("alerts", &KEYS));
    let standard = alerts.and_then(|alerts| alerts.get("standard"));
    let mut rules = read_standard(standard, fields.at, service, teams);
    let own = alerts.map(|alerts| alerts.list("own")).unwrap_or_default();
    rules.extend(
        own.into_iter()
            .filter_map(|field| Some((field.at(), read_own(field, service, teams)?))),
    );
    rules
}

/// All standard rules that mean something to the service, but for those that are off.
fn read_standard(
    field: Option<Field<'_>>,
    at_service: Position,
    service: &Service,
    teams: &[Team],
) -> Vec<(Position, AlertRule)> {
    if field.is_some_and(|field| field.node.is_off()) {
        return Vec::new();
    }
    let naming = service.naming_in_process();
    let subject = Subject {
        has_databases: !service.databases.is_empty(),
        has_caches: !service.caches.is_empty(),
        has_clients: service.has_clients,
        ..Subject::new(&service.name, &naming)
    };
    let changes = field.map(|field| read_changes(field, &subject)).unwrap_or_default();
    let wanted = Standard::ALL
        .into_iter()
        .filter(|standard| standard.lacks(&subject).is_none());
    let made = wanted.filter_map(|standard| {
        let rule = standard.rule(&subject);
        match changes.iter().find(|(changed, _)| *changed == standard) {
            Some((_, change)) if change.node.is_off() => None,
            Some((_, change)) => Some((change.at(), changed(rule, *change, teams)?)),
            None => Some((at_service, rule)),
        }
    });
    made.collect()
}

/// Which standard rules the file speaks of.
fn read_changes<'a>(field: Field<'a>, subject: &Subject<'_>) -> Vec<(Standard, Field<'a>)> {
    let read = field.entries().iter().filter_map(|entry| {
        let Ok(standard) = entry.key.parse::<Standard>() else {
            let known = Standard::ALL.map(Standard::as_str);
            let hint = suggestion(&entry.key, known);
            let message = format!(
                "no standard rule is named {:?}{hint}: there are {}",
                entry.key,
                known.join(", ")
            );
            return field.report.add(entry.at, message);
        };
        if let Some(lacking) = standard.lacks(subject) {
            let message =
                format!("{standard} means nothing here: the service has no {lacking}; name them in {lacking:?}");
            return field.report.add(entry.at, message);
        }
        Some((
            standard,
            Field {
                key: &entry.key,
                node: &entry.value,
                report: field.report,
            },
        ))
    });
    read.collect()
}

fn changed(rule: AlertRule, field: Field<'_>, teams: &[Team]) -> Option<AlertRule> {
    if !matches!(field.node.value, Value::Map(_)) {
        return field.refuse("off, or a map of what is to be changed");
    }
    let known: Vec<&str> = STANDARD_KEYS.into_iter().chain(SETTINGS).collect();
    let fields = field.fields(rule.name(), &known)?;
    let mut rule = rule;
    if let Some(window) = fields.get("window").and_then(Field::window) {
        rule.condition = match rule.condition.with_window(window) {
            Some(condition) => condition,
            None => {
                return fields
                    .get("window")?
                    .refuse("nothing here: the alert looks at the moment");
            }
        };
    }
    for (key, is_its) in [
        (
            "above",
            matches!(rule.condition.comparison(), Some(Comparison::Above(_))),
        ),
        (
            "below",
            matches!(rule.condition.comparison(), Some(Comparison::Below(_))),
        ),
    ] {
        let Some(field) = fields.get(key) else { continue };
        if !is_its {
            field.refuse::<()>("nothing here: the alert compares the other way or not at all");
        } else if let Some(threshold) = read_threshold(field, &rule.condition) {
            rule.condition = rule.condition.with_threshold(threshold);
        }
    }
    if let Some(severity) = fields.get("severity").and_then(read_severity) {
        rule.severity = severity;
    }
    Some(with_clear_threshold(with_settings(rule, fields, teams), fields))
}

fn read_own(field: Field<'_>, service: &Service, teams: &[Team]) -> Option<AlertRule> {
    let known: Vec<&str> = OWN_KEYS.into_iter().chain(SETTINGS).collect();
    let fields = field.fields("an alert", &known)?;
    let name = fields.need("name", "CheckoutIsSlow").and_then(Field::alert_name);
    let condition = fields
        .need("condition", "{ latency: { above: 800ms } }")
        .and_then(|condition| read_condition(condition, service));
    let severity = fields.need("severity", "warning").and_then(read_severity);
    let is_whole = name.is_some() && condition.is_some() && severity.is_some();
    // Errors in the other settings are reported even if one of these is missing.
    let condition = condition.unwrap_or(Condition::Absence {
        selector: Selector::new(""),
    });
    let rule = AlertRule::new(
        name.unwrap_or_default(),
        condition,
        severity.unwrap_or(Severity::Info),
        "",
    );
    let rule = with_settings(rule, fields, teams);
    is_whole.then(|| with_clear_threshold(rule, fields))
}

fn with_settings(rule: AlertRule, fields: Fields<'_>, teams: &[Team]) -> AlertRule {
    let known = match &rule.condition {
        // Stands for one that could not be read.
        Condition::Absence { selector } if selector.metric().is_empty() => Known::Any,
        condition => condition.labels(),
    };
    let mut rule = with_labels(rule, fields, &known);
    let words = |key| fields.get(key).and_then(Field::words);
    let template = |key| words(key).filter(|text| is_template(fields, key, text, &known, true));
    if let Some(summary) = template("summary") {
        summary.clone_into(&mut rule.message);
    }
    if let Some(description) = template("description") {
        rule = rule.description(description);
    }
    if let Some(team) = fields.get("team").and_then(|field| known_team(field, teams)) {
        rule = rule.team(team);
    }
    if let Some(url) = fields.get("runbook").and_then(Field::http_url) {
        rule = rule.runbook_url(url);
    }
    if let Some(reason) = words("cause") {
        rule = rule.cause(reason);
    }
    with_behaviour(rule, fields)
}

fn with_behaviour(mut rule: AlertRule, fields: Fields<'_>) -> AlertRule {
    let span = |key| fields.get(key).and_then(Field::span);
    if let Some(span) = span("for") {
        rule = rule.hold_for(span);
    }
    if let Some(span) = span("keep_firing_for") {
        rule = rule.keep_firing_for(span);
    }
    if let Some(span) = span("cooldown") {
        rule = rule.cooldown(span);
    }
    if let Some(requests) = fields.get("min_requests").and_then(Field::number) {
        rule = rule.min_requests(requests);
    }
    if let Some(policy) = fields.get("no_data").and_then(read_no_data) {
        rule = rule.no_data(policy);
    }
    rule
}

/// Written as the condition's own threshold is.
fn with_clear_threshold(rule: AlertRule, fields: Fields<'_>) -> AlertRule {
    match fields
        .get("clear")
        .and_then(|field| read_threshold(field, &rule.condition))
    {
        Some(clear) => rule.clear_threshold(clear),
        None => rule,
    }
}

fn with_labels(mut rule: AlertRule, fields: Fields<'_>, known: &Known) -> AlertRule {
    for (entry, value) in fields.get("labels").map(Field::texts).unwrap_or_default() {
        if checked(
            entry.value.at,
            fields,
            &entry.key,
            value,
            template::check(value, known, false),
        ) {
            rule = rule.label(&entry.key, value);
        }
    }
    for (entry, value) in fields.get("annotations").map(Field::texts).unwrap_or_default() {
        if checked(
            entry.value.at,
            fields,
            &entry.key,
            value,
            template::check(value, known, true),
        ) {
            rule = rule.annotation(&entry.key, value);
        }
    }
    rule
}

/// Whether Prometheus renders the text of a key; else it is reported where it stands.
fn is_template(fields: Fields<'_>, key: &str, text: &str, known: &Known, may_use_value: bool) -> bool {
    let at = fields.get(key).map_or(fields.at, Field::at);
    checked(at, fields, key, text, template::check(text, known, may_use_value))
}

fn checked(at: Position, fields: Fields<'_>, key: &str, text: &str, check: Result<(), String>) -> bool {
    match check {
        Ok(()) => true,
        Err(error) => {
            fields.report.add::<()>(at, format!("{key:?} is {text:?}: {error}"));
            false
        }
    }
}

fn read_severity(field: Field<'_>) -> Option<Severity> {
    let word = field.text()?;
    word.parse().ok().or_else(|| {
        let known = Severity::ALL.map(Severity::as_str);
        field.refuse(&format!("{}{}", known.join(", "), suggestion(word, known)))
    })
}

fn read_no_data(field: Field<'_>) -> Option<NoData> {
    match field.text()? {
        "ok" => Some(NoData::Ok),
        "alert" => Some(NoData::Alert),
        "keep" => Some(NoData::Keep),
        _ => field.refuse("ok, alert or keep"),
    }
}
