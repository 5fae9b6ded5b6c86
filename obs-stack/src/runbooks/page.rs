//! Pages of runbooks, their index, their addresses.

use std::{collections::BTreeMap, fmt::Write as _};

use obs_conventions::names::{attribute, label, log, metric};
use obs_rules::{
    AlertRule, Scope,
    definition::{Definition, Service},
    promql::{Expr, Window},
};

use super::{advice::Advice, merge::part};
use crate::{File, grafana, loki, subject::Subject, text::one_line};

/// A service, and an alert that it has.
type Use<'a> = (&'a Service, &'a AlertRule);

/// Generates a runbook for each alert name, and `runbooks/README.md`.
///
/// [`output::Folder`](crate::output::Folder) keeps text that people have added when it
/// writes them. Names of services and alerts, and texts of the definition, are put on one
/// line, with `|` escaped in tables: none of them can add a heading or a part.
///
/// ```
/// use obs_rules::definition::Definition;
///
/// let text = "version: 1\nservices: [{ name: orders }, { name: payments }]";
/// let definition = Definition::parse(text, "obs.yaml")?;
/// let files = obs_stack::runbooks::files(&definition);
/// let down = files.iter().filter(|file| file.path == "runbooks/servicedown.md");
/// assert_eq!(down.count(), 1); // of both services
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let mut uses: BTreeMap<String, Vec<Use<'_>>> = BTreeMap::new();
    for service in &definition.services {
        for alert in &service.alerts {
            uses.entry(path(alert)).or_default().push((service, alert));
        }
    }
    if uses.is_empty() {
        return Vec::new();
    }
    let mut files = vec![File::new("runbooks/README.md", index(&uses))];
    files.extend(
        uses.into_iter()
            .map(|(path, uses)| File::new(path, page(definition, &uses))),
    );
    files
}

/// The path of an alert's runbook below the output folder: the name of the alert in lower
/// case.
///
/// ```
/// use obs_rules::rules;
///
/// assert_eq!(obs_stack::runbooks::path(&rules::essential()[0]), "runbooks/high-error-rate.md");
/// ```
#[must_use]
pub fn path(alert: &AlertRule) -> String {
    format!("runbooks/{}.md", alert.runbook_name())
}

/// The URL of an alert's runbook: its own `runbook`, else the name of the alert below
/// `links.runbooks`. `None` if the definition has neither.
///
/// ```
/// use obs_rules::definition::Definition;
///
/// let text = "
/// version: 1
/// links: { runbooks: https://runbooks.example.com }
/// services: [{ name: orders }]
/// ";
/// let definition = Definition::parse(text, "obs.yaml")?;
/// let alert = definition.services[0].alerts.iter().find(|alert| alert.name() == "ServiceDown").unwrap();
/// let url = obs_stack::runbooks::url(&definition, alert);
/// assert_eq!(url.as_deref(), Some("https://runbooks.example.com/servicedown"));
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
#[must_use]
pub fn url(definition: &Definition, alert: &AlertRule) -> Option<String> {
    if let Some(url) = alert.runbook() {
        return Some(url.to_owned());
    }
    let folder = definition.links.runbooks.as_deref()?.trim_end_matches('/');
    Some(format!("{folder}/{}", alert.runbook_name()))
}

/// The list of all runbooks, a table.
fn index(uses: &BTreeMap<String, Vec<Use<'_>>>) -> String {
    let mut rows = String::from("# Runbooks\n\n| alert | severity | services | summary |\n|---|---|---|---|\n");
    for (path, uses) in uses {
        let Some((_, alert)) = uses.first() else { continue };
        let services: Vec<_> = uses.iter().map(|(service, _)| cell(&service.name)).collect();
        let file = path.trim_start_matches("runbooks/");
        let _ = writeln!(
            rows,
            "| [{}]({file}) | {} | {} | {} |",
            cell(alert.name()),
            alert.severity(),
            services.join(", "),
            cell(alert.message())
        );
    }
    part("index", &rows)
}

/// Text for a cell of a Markdown table: on one line, without `|`.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

/// A runbook: its parts with a blank line between them. `uses` are all alerts of one name.
fn page(definition: &Definition, uses: &[Use<'_>]) -> String {
    let Some((service, alert)) = uses.first() else {
        return String::new();
    };
    let advice = Advice::on(Subject::of(service, alert));
    let parts = [
        part("head", &head(uses, alert)),
        part("meaning", &format!("## Meaning\n\n{}\n", advice.meaning)),
        part("impact", &format!("## Impact\n\n{}", list("-", advice.impact))),
        part("diagnosis", &diagnosis(definition, uses, &advice)),
        part(
            "mitigation",
            &format!("## Mitigation\n\n{}", list("1.", advice.mitigation)),
        ),
        part("escalation", &escalation(definition, uses)),
    ];
    parts.join("\n")
}

/// The name of the alert, and a table of the services that have it.
fn head(uses: &[Use<'_>], alert: &AlertRule) -> String {
    let mut text = format!("# {}\n\n", one_line(alert.name()));
    text += "Generated by `obs generate`. Text that you add outside of the marked parts is kept.\n\n";
    text += "| service | severity | team | summary | for |\n|---|---|---|---|---|\n";
    for (service, alert) in uses {
        let (hold_for, ..) = alert.times();
        let hold_for = Window::new(hold_for).map_or_else(|_| "0s".to_owned(), |window| window.to_string());
        let team = alert.owner().unwrap_or(&service.team);
        let row = [
            &service.name,
            alert.severity().as_str(),
            team,
            alert.message(),
            &hold_for,
        ];
        let _ = writeln!(text, "| {} |", row.map(cell).join(" | "));
    }
    let mut reasons: Vec<_> = uses.iter().filter_map(|(_, alert)| alert.reason()).collect();
    reasons.dedup();
    for reason in reasons {
        let _ = writeln!(
            text,
            "\nAn alert on a cause, not on a symptom, because {}.",
            one_line(reason)
        );
    }
    text
}

/// Questions, then dashboards and queries of each service.
fn diagnosis(definition: &Definition, uses: &[Use<'_>], advice: &Advice) -> String {
    let mut text = format!("## Diagnosis\n\n{}", list("1.", advice.diagnosis));
    for (service, alert) in uses {
        let _ = writeln!(text, "\n### {}\n", one_line(&service.name));
        if let Some(url) = grafana::dashboard_url(definition, service) {
            let _ = writeln!(text, "Dashboard: <{url}>\n");
        }
        queries(&mut text, service, alert);
    }
    text
}

/// Queries of a service to paste into Prometheus or Grafana.
fn queries(text: &mut String, service: &Service, alert: &AlertRule) {
    let naming = service.naming();
    if let Some(rule) = alert.promql(&naming) {
        code(
            text,
            "The alert fires while this query has a result:",
            "promql",
            &rule.to_string(),
        );
    }
    if let Some(value) = alert.value_promql(&naming) {
        code(text, "The value over time:", "promql", &value.to_string());
    }
    let errors = naming.errors(&Scope::service()).rate(Window::minutes(5));
    if matches!(Subject::of(service, alert), Subject::Errors | Subject::Panics) {
        code(text, "Failed requests per second:", "promql", &errors.to_string());
    }
    let lines = loki::stream_with(service, &[(log::LEVEL, "=~", "error|warn")]);
    code(text, "Log lines of errors and warnings:", "logql", &lines);
    let name = Expr::string(&service.name);
    let traces = format!("{{ resource.{} = {name} && status = error }}", attribute::SERVICE_NAME);
    code(text, "Traces of failed requests:", "traceql", &traces);
    if matches!(Subject::of(service, alert), Subject::Series) {
        let by = naming.of(metric::SERIES_OVERFLOW.base());
        let by = Expr::rate(&by, Window::minutes(10)).sum_by(&[label::METRIC]);
        code(text, "Which metric:", "promql", &by.to_string());
    }
}

/// A block of code; its fence is longer than any run of backticks in the code.
fn code(text: &mut String, about: &str, language: &str, code: &str) {
    let fence = "`".repeat(code.split(|c| c != '`').map(str::len).max().unwrap_or(0).max(2) + 1);
    let _ = writeln!(text, "{about}\n\n{fence}{language}\n{code}\n{fence}\n");
}

/// The teams, and how they are reached.
fn escalation(definition: &Definition, uses: &[Use<'_>]) -> String {
    let mut text = String::from("## Escalation\n\n");
    let mut names: Vec<_> = uses
        .iter()
        .map(|(service, alert)| alert.owner().unwrap_or(&service.team))
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let team = definition.teams.iter().find(|team| team.name == name);
        let contact = team.and_then(|team| team.contact.as_deref()).unwrap_or("no contact");
        let _ = write!(text, "- {}: {}", one_line(name), one_line(contact));
        if let Some(next) = team.and_then(|team| team.escalation.as_deref()) {
            let _ = write!(text, "; if nobody answers: {}", one_line(next));
        }
        text.push('\n');
    }
    text
}

/// A Markdown list, with bullets if `mark` is `-`, else with numbers.
fn list(mark: &str, items: &[&str]) -> String {
    items.iter().enumerate().fold(String::new(), |mut text, (at, item)| {
        let mark = if mark == "-" {
            mark.to_owned()
        } else {
            format!("{}.", at + 1)
        };
        let _ = writeln!(text, "{mark} {item}");
        text
    })
}
