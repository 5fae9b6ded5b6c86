//! The files of Alloy.

use obs_rules::definition::Definition;

use super::config;
use crate::{File, header};

const ABOUT: &str = "Grafana Alloy: log lines from files, or from containers where a service writes to standard output\n\
                     only -> Loki. A container belongs to the service that its Compose service is named after.\n\
                     Lines of files come by this or by the collector: with both, each is stored twice.";

/// `alloy/config.alloy`.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let blocks = config::blocks(definition);
    let text: Vec<_> = blocks.iter().map(ToString::to_string).collect();
    vec![File::new("alloy/config.alloy", header("//", ABOUT) + &text.join("\n"))]
}
