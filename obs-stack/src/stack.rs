//! All of it.

use obs_rules::definition::Definition;

use crate::{
    File, alertmanager, alloy, collector, compose, grafana, kubernetes, loki, openslo, prometheus, runbooks, tempo,
};

/// All files that a definition makes, by path.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let mut files: Vec<File> = [
        prometheus::files,
        alertmanager::files,
        grafana::files,
        loki::files,
        alloy::files,
        collector::files,
        tempo::files,
        kubernetes::files,
        runbooks::files,
        openslo::files,
        compose::files,
    ]
    .into_iter()
    .flat_map(|files| files(definition))
    .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}
