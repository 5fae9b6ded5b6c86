//! The configuration: global settings, the tree of routes, inhibition rules, and the
//! templates.

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

/// The relay for e-mail: a host in the network of the Compose file.
const RELAY: &str = "smtp:25";

/// The templates. Labels and annotations are only inserted: templates inside of them are
/// not evaluated.
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
{{ end }}Since: {{ .StartsAt }}{{ if eq .Status "resolved" }}, resolved at {{ .EndsAt }}{{ end }}
{{ end }}
{{- end -}}
"#;

/// Generates the configuration and the templates of notifications.
///
/// The configuration contains no secrets: receivers read them from files, whose names its
/// header lists. A definition without teams has one receiver without a destination, so that
/// Alertmanager starts and shows the alerts.
///
/// ```
/// use obs_rules::definition::Definition;
///
/// let definition = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
/// let files = obs_stack::alertmanager::files(&definition);
/// let config = files.iter().find(|file| file.path == "alertmanager/alertmanager.yml").unwrap();
/// assert!(config.content.contains("inhibit_rules:"));
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    vec![
        File::new(
            "alertmanager/alertmanager.yml",
            yaml::document(&about(definition), &config(definition)),
        ),
        File::new("alertmanager/templates/obs.tmpl", templates()),
    ]
}

/// The file of templates, with the header as a template comment.
fn templates() -> String {
    let about = header("", "Texts of notifications.");
    format!("{{{{/*\n{}\n*/}}}}\n{TEMPLATES}", about.trim())
}

/// The header of the configuration, which names the secrets that it reads.
fn about(definition: &Definition) -> String {
    let secrets = receivers::secrets(definition);
    if secrets.is_empty() {
        return "Routes and receivers: which team is notified of which alert, and when.".to_owned();
    }
    format!(
        "Routes and receivers: which team is notified of which alert, and when.\nThe receivers read these secrets from files below /run/secrets:\n{}.",
        secrets.join(", ")
    )
}

/// The whole configuration.
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

/// The tree of routes: alerts of severity `info` are discarded, all others go to the route
/// of their team.
fn route_tree(definition: &Definition) -> Yaml {
    let record = Yaml::map([
        ("receiver", DISCARD.into()),
        ("matchers", matchers("severity", Severity::Info.as_str())),
    ]);
    let routes: Vec<_> = [record]
        .into_iter()
        .chain(definition.teams.iter().map(team_route))
        .collect();
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

/// The route of a team. Critical alerts are sent at once and repeated hourly, others are
/// collected for a minute and repeated daily; the escalation gets critical alerts that
/// still fire after 15 minutes.
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
            // An alert that resolves within this wait is never sent.
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

/// A matcher for one label.
fn matchers(label: &str, value: &str) -> Yaml {
    matchers_of(&Selector::new("").with(label, value))
}

/// The matchers of a selector; Alertmanager writes them as PromQL does.
fn matchers_of(selector: &Selector) -> Yaml {
    let of = |matcher: &Matcher| {
        let mut alone = Selector::new("");
        alone = match matcher.op {
            MatchOp::Equal => alone.with(&matcher.label, &matcher.value),
            MatchOp::NotEqual => alone.without(&matcher.label, &matcher.value),
            MatchOp::Regex => alone.matching(&matcher.label, &matcher.value),
            MatchOp::NotRegex => alone.not_matching(&matcher.label, &matcher.value),
        };
        alone
            .to_string()
            .trim_start_matches('{')
            .trim_end_matches('}')
            .to_owned()
    };
    Yaml::list(selector.matchers().iter().map(of))
}

/// Labels that identify the service of an alert.
const OWNER: [&str; 2] = ["service", "env"];

/// The inhibition rules. No alert inhibits itself through a cycle, since none of the rules
/// inhibits `ServiceDown`.
fn inhibition_rules(definition: &Definition) -> Yaml {
    let mut rules = vec![
        critical_inhibits_warning_of_the_same_slo(),
        critical_inhibits_warning_of_the_same_alert(),
    ];
    let mut services = definition.services.iter();
    if services.any(|service| service.alerts.iter().any(is_service_down)) {
        rules.push(service_down_inhibits_all_others(definition));
    }
    Yaml::List(rules)
}

/// A critical burn-rate alert inhibits the warnings of its SLO.
fn critical_inhibits_warning_of_the_same_slo() -> Yaml {
    // Two alerts without the label would count as equal in it.
    let of = |severity: Severity| {
        let mut all = vec![format!("severity=\"{severity}\"")];
        all.push("slo=~\".+\"".to_owned());
        Yaml::list(all)
    };
    inhibition_rule(
        of(Severity::Critical),
        of(Severity::Warning),
        &[OWNER[0], OWNER[1], "slo"],
    )
}

/// A critical alert inhibits the warning of the same name.
fn critical_inhibits_warning_of_the_same_alert() -> Yaml {
    let of = |severity: Severity| matchers("severity", severity.as_str());
    inhibition_rule(
        of(Severity::Critical),
        of(Severity::Warning),
        &[OWNER[0], OWNER[1], "alertname"],
    )
}

/// `ServiceDown` inhibits all other alerts of its service.
fn service_down_inhibits_all_others(definition: &Definition) -> Yaml {
    let down = Standard::ServiceDown.as_str();
    let page = Selector::new("")
        .with("alertname", down)
        .with("severity", Severity::Critical.as_str());
    // A custom alert of the same name may mean something else.
    let others = definition.services.iter().filter(|service| has_own(service, down));
    let others: BTreeSet<&str> = others.map(|service| service.name.as_str()).collect();
    let source = others
        .into_iter()
        .fold(page, |source, service| source.without(OWNER[0], service));
    inhibition_rule(
        matchers_of(&source),
        matchers_of(&Selector::new("").without("alertname", down)),
        &OWNER,
    )
}

/// A rule: alerts that match `source` inhibit those that match `target` and have the same
/// `equal` labels.
fn inhibition_rule(source: Yaml, target: Yaml, equal: &[&str]) -> Yaml {
    Yaml::map([
        ("source_matchers", source),
        ("target_matchers", target),
        ("equal", Yaml::list(equal.iter().copied())),
    ])
}

/// Whether this is the standard rule `ServiceDown` with severity `critical`. A custom alert
/// on an absent metric says nothing about the whole service.
fn is_service_down(alert: &AlertRule) -> bool {
    alert.standard() == Some(Standard::ServiceDown) && alert.severity() == Severity::Critical
}

/// Whether the service has a custom alert of this name.
fn has_own(service: &Service, name: &str) -> bool {
    service
        .alerts
        .iter()
        .any(|alert| alert.name() == name && alert.standard().is_none())
}
