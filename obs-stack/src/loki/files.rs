//! The files of Loki.

use std::fmt::Write as _;

use obs_rules::definition::Definition;

use super::{
    config::{self, Storage},
    queries,
};
use crate::{File, header, text::one_line};

/// `loki/loki-config.yaml`, the same for S3, and the saved queries.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    vec![
        File::new("loki/loki-config.yaml", config::render(Storage::Filesystem)),
        File::new("loki/loki-config.s3.yaml", config::render(Storage::S3)),
        File::new("loki/queries.logql", saved(definition)),
    ]
}

fn saved(definition: &Definition) -> String {
    let mut text = header("#", "Queries to paste into Explore, service by service.");
    for service in &definition.services {
        for query in queries(service) {
            let _ = writeln!(text, "# {}: {}\n{}\n", one_line(&service.name), query.title, query.logql);
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
