//! All files of Alertmanager.

use std::collections::BTreeSet;

use obs_rules::{
    AlertRule, Severity,
    definition::{Definition, Service, Team},
    promql::{MatchOp, Matcher, Selector},
    rules::Standard,
};

use super::receivers::{self, Contact, DISCARD};
use crate::{
    File,
    file::header,
    yaml::{self, Yaml},
};

/// Where mail goes: the name of a relay in the network of the Compose file.
const RELAY: &str = "smtp:25";

/// The texts. Labels and annotations are data there: nothing in them is read as a template again.
const TEMPLATES: &str = r#"{{- define "obs.title" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .CommonLabels.severity | toUpper }} {{ .CommonLabels.service }}: {{ .GroupLabels.alertname }}
{{- end -}}

{{- define "obs.link" -}}
{{ with .CommonAnnotations.runbook_url }}{{ . }}{{ else }}{{ .ExternalURL }}{{ end }}
{{- end -}}

{{- define "obs.text" -}}
{{- range .Alerts }}
{{ .Annotations.summary }}
{{ with .Annotations.description }}{{ . }}
{{ end }}{{ with .Annotations.runbook_url }}Runbook: {{ . }}
{{ end }}{{ with .Annotations.dashboard_url }}Dashboard: {{ . }}
{{ end }}{{ with .GeneratorURL }}Query: {{ . }}
{{ end }}Since: {{ .StartsAt }}{{ if eq .Status "resolved" }}, over since {{ .EndsAt }}{{ end }}
{{ end }}
{{- end -}}
"#;

/// All files of Alertmanager.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    vec![
        File::new("alertmanager/alertmanager.yml", yaml::document(&about(definition), &config(definition))),
        File::new("alertmanager/templates/obs.tmpl", templates()),
    ]
}

fn templates() -> String {
    let about = header("", "Texts of notifications.");
    format!("{{{{/*\n{}\n*/}}}}\n{TEMPLATES}", about.trim())
}

fn about(definition: &Definition) -> String {
    let secrets = receivers::secrets(definition);
    if secrets.is_empty() {
        return "Who is told of which alert, and when.".to_owned();
    }
    format!(
        "Who is told of which alert, and when. The receivers read these secrets from files below /run/secrets:\n{}.",
        secrets.join(", ")
    )
}

fn config(definition: &Definition) -> Yaml {
    let mut global = Yaml::map([("resolve_timeout", "5m".into())]);
    if receivers::need_mail(definition) {
        global = global
            .with("smtp_smarthost", RELAY)
            .with("smtp_from", "alertmanager@localhost")
            .with("smtp_require_tls", false);
    }
    Yaml::map([
        ("global", global),
        ("templates", Yaml::list(["templates/*.tmpl"])),
        ("route", route_tree(definition)),
        ("receivers", receivers::all(definition)),
        ("inhibit_rules", inhibition_rules(definition)),
    ])
}

/// The tree of routes: nobody is told of alerts for the record, a team of its own.
fn route_tree(definition: &Definition) -> Yaml {
    let record = Yaml::map([("receiver", DISCARD.into()), ("matchers", matchers("severity", Severity::Info.as_str()))]);
    let routes: Vec<_> = [record].into_iter().chain(definition.teams.iter().map(team_route)).collect();
    Yaml::map([
        ("receiver", receivers::fallback(definition).into()),
        // One message for all instances of an alert of a service.
        ("group_by", Yaml::list(["alertname", "service", "env"])),
        ("group_wait", "30s".into()),
        ("group_interval", "5m".into()),
        ("repeat_interval", "4h".into()),
        ("routes", Yaml::List(routes)),
    ])
}

/// A page comes at once and is repeated; a ticket waits for its kin and is repeated once a day.
fn team_route(team: &Team) -> Yaml {
    let critical = || matchers("severity", Severity::Critical.as_str());
    let page = Yaml::map([
        ("receiver", team.name.as_str().into()),
        ("matchers", critical()),
        ("group_wait", "10s".into()),
        ("repeat_interval", "1h".into()),
    ]);
    let escalation = Contact::of_escalation(team).map(|_| {
        Yaml::map([
            ("receiver", receivers::escalation(team).into()),
            ("matchers", critical()),
            // Told of what is not over by then: an alert that ends within the wait is never sent.
            ("group_wait", "15m".into()),
            ("group_interval", "15m".into()),
            ("repeat_interval", "1h".into()),
            ("continue", true.into()),
        ])
    });
    Yaml::map([
        ("receiver", team.name.as_str().into()),
        ("matchers", matchers("team", &team.name)),
        ("group_wait", "1m".into()),
        ("repeat_interval", "24h".into()),
        ("routes", Yaml::list(escalation.into_iter().chain([page]))),
    ])
}

fn matchers(label: &str, value: &str) -> Yaml {
    matchers_of(&Selector::new("").with(label, value))
}

/// Matchers are spelled as in `PromQL`.
fn matchers_of(selector: &Selector) -> Yaml {
    let of = |matcher: &Matcher| {
        let mut alone = Selector::new("");
        alone = match matcher.op {
            MatchOp::Equal => alone.with(&matcher.label, &matcher.value),
            MatchOp::NotEqual => alone.without(&matcher.label, &matcher.value),
            MatchOp::Regex => alone.matching(&matcher.label, &matcher.value),
            MatchOp::NotRegex => alone.not_matching(&matcher.label, &matcher.value),
        };
        alone.to_string().trim_start_matches('{').trim_end_matches('}').to_owned()
    };
    Yaml::list(selector.matchers().iter().map(of))
}

/// Labels of an alert that say whose it is.
const OWNER: [&str; 2] = ["service", "env"];

/// A page mutes a ticket, and a service that is down mutes all the rest of it: no alert is muted by one that it
/// mutes itself, as none of these mutes what tells that a service is down.
fn inhibition_rules(definition: &Definition) -> Yaml {
    let mut rules = vec![page_mutes_ticket_of_the_same_objective(), page_mutes_ticket_of_the_same_alert()];
    let mut services = definition.services.iter();
    if services.any(|service| service.alerts.iter().any(tells_that_a_service_is_down)) {
        rules.push(a_service_that_is_down_has_no_other_news(definition));
    }
    Yaml::List(rules)
}

fn page_mutes_ticket_of_the_same_objective() -> Yaml {
    // Two alerts without the label would count as equal in it.
    let of = |severity: Severity| {
        let mut all = vec![format!("severity=\"{severity}\"")];
        all.push("slo=~\".+\"".to_owned());
        Yaml::list(all)
    };
    inhibition_rule(of(Severity::Critical), of(Severity::Warning), &[OWNER[0], OWNER[1], "slo"])
}

fn page_mutes_ticket_of_the_same_alert() -> Yaml {
    let of = |severity: Severity| matchers("severity", severity.as_str());
    inhibition_rule(of(Severity::Critical), of(Severity::Warning), &[OWNER[0], OWNER[1], "alertname"])
}

fn a_service_that_is_down_has_no_other_news(definition: &Definition) -> Yaml {
    let down = Standard::ServiceDown.as_str();
    let page = Selector::new("").with("alertname", down).with("severity", Severity::Critical.as_str());
    // An own alert of the same name means whatever its author means.
    let others = definition.services.iter().filter(|service| has_own(service, down));
    let others: BTreeSet<&str> = others.map(|service| service.name.as_str()).collect();
    let source = others.into_iter().fold(page, |source, service| source.without(OWNER[0], service));
    inhibition_rule(matchers_of(&source), matchers_of(&Selector::new("").without("alertname", down)), &OWNER)
}

fn inhibition_rule(source: Yaml, target: Yaml, equal: &[&str]) -> Yaml {
    Yaml::map([("source_matchers", source), ("target_matchers", target), ("equal", Yaml::list(equal.iter().copied()))])
}

/// Only the standard rule does, as long as it pages: an own alert on an absence is about what it names.
fn tells_that_a_service_is_down(alert: &AlertRule) -> bool {
    alert.standard() == Some(Standard::ServiceDown) && alert.severity() == Severity::Critical
}

/// Whether it has an alert of this name that is no standard one.
fn has_own(service: &Service, name: &str) -> bool {
    service.alerts.iter().any(|alert| alert.name() == name && alert.standard().is_none())
}
