//! All files of a definition.

use obs_rules::definition::Definition;

use crate::{
    File, alertmanager, alloy, collector, compose, grafana, kubernetes, loki, openslo, prometheus, runbooks, tempo,
};

/// Generates all files of a definition, sorted by path.
///
/// The same definition always gives the same files.
///
/// ```
/// use obs_rules::definition::Definition;
///
/// let definition = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
/// let files = obs_stack::files(&definition);
/// assert_eq!(files[0].path, "alertmanager/alertmanager.yml");
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
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
