//! The list of what was generated: whatever else lies in the folder is somebody's.

use std::collections::BTreeSet;

use super::{Folder, OutputError};

/// Its name, hidden.
pub(super) const NAME: &str = ".obs-generated";

const HEAD: &str = "# The files that obs generated here. Keep this list beside them.\n";

// === impl Folder ===

impl Folder {
    /// What was generated before.
    pub(super) fn generated(&self) -> Result<BTreeSet<String>, OutputError> {
        let list = self.read(NAME)?.unwrap_or_default();
        Ok(list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect())
    }
}

/// The list as it is written.
pub(super) fn text(files: &BTreeSet<String>) -> String {
    let mut text = HEAD.to_owned();
    for file in files {
        text += file;
        text.push('\n');
    }
    text
}
