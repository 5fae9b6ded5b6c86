//! The folder that is written to.

use std::path::{Path, PathBuf};

/// A folder of generated files.
///
/// It holds nothing else, with two exceptions: files and folders whose names begin with a dot, and files
/// whose names contain `.local.` (`prometheus/rules/mine.local.yml`), which are never touched. Any other
/// file that was not generated makes a [`write`](Self::write) fail.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

// === impl Folder ===

impl Folder {
    /// A folder, which need not exist.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn of(&self, file: &str) -> PathBuf {
        // The parts one by one: `/` is not every system's separator.
        file.split('/').fold(self.path.clone(), |path, part| path.join(part))
    }
}
