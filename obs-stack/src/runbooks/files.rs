//! The files of runbooks.

use std::{collections::BTreeMap, fmt::Write as _};

use obs_rules::{
    AlertRule,
    definition::{Definition, Service},
};

use super::{page, parts::part};
use crate::{File, text::one_line};

/// An alert, and a service that has it.
pub(super) type Use<'a> = (&'a Service, &'a AlertRule);

/// A runbook for each name of an alert, and `runbooks/README.md`, which lists them. To keep own text, write
/// [`merged`](super::merged) instead where a file exists.
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
    files.extend(uses.into_iter().map(|(path, uses)| File::new(path, page::page(definition, &uses))));
    files
}

/// Where the runbook of an alert is, below the output folder: its name in lower case.
#[must_use]
pub fn path(alert: &AlertRule) -> String {
    format!("runbooks/{}.md", alert.runbook_name())
}

/// The address of an alert's runbook: its own `runbook_url`, else below the folder that the definition names.
#[must_use]
pub fn url(definition: &Definition, alert: &AlertRule) -> Option<String> {
    if let Some(url) = alert.runbook() {
        return Some(url.to_owned());
    }
    let folder = definition.links.runbooks.as_deref()?.trim_end_matches('/');
    Some(format!("{folder}/{}", alert.runbook_name()))
}

fn index(uses: &BTreeMap<String, Vec<Use<'_>>>) -> String {
    let mut rows =
        String::from("# Runbooks\n\n| alert | severity | services | what has happened |\n|---|---|---|---|\n");
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

/// Text that can't end the cell it stands in.
pub(super) fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}
