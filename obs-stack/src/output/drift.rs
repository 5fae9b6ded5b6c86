//! Differences between what lies there and what would be written.

use std::{collections::BTreeSet, fmt};

use super::{Folder, OutputError};
use crate::File;

/// A file that is not as it would be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drift {
    /// It is not there.
    Missing {
        /// Its path below the folder.
        path: String,
    },
    /// It is another one.
    Different {
        /// Its path below the folder.
        path: String,
        /// The first line that differs, from 1 on.
        line: usize,
        /// What would stand there; nothing behind the end.
        expected: Option<String>,
        /// What does stand there.
        found: Option<String>,
    },
    /// It would not be written.
    Superfluous {
        /// Its path below the folder.
        path: String,
    },
}

// === impl Folder ===

impl Folder {
    /// What differs from these files, by path. A runbook's own text is no difference.
    ///
    /// # Errors
    ///
    /// If the folder is none or can't be read.
    pub fn drift(&self, files: &[File]) -> Result<Vec<Drift>, OutputError> {
        let found = self.found()?;
        let mut drift = Vec::new();
        for file in files {
            drift.extend(self.drift_of(file)?);
        }
        let expected: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let others = found.into_iter().filter(|path| !expected.contains(path.as_str()));
        drift.extend(others.map(|path| Drift::Superfluous { path }));
        Ok(drift)
    }

    fn drift_of(&self, file: &File) -> Result<Option<Drift>, OutputError> {
        let path = file.path.clone();
        let Some(found) = self.read(&path)? else { return Ok(Some(Drift::Missing { path })) };
        let expected = file.merged_with(&found);
        if expected == found {
            return Ok(None);
        }
        let (mut expected, mut found) = (expected.split('\n'), found.split('\n'));
        let mut line = 1;
        loop {
            let (wanted, there) = (expected.next(), found.next());
            if wanted != there || wanted.is_none() {
                let own = |text: Option<&str>| text.map(str::to_owned);
                return Ok(Some(Drift::Different { path, line, expected: own(wanted), found: own(there) }));
            }
            line += 1;
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(f, "{path}: is missing"),
            Self::Superfluous { path } => write!(f, "{path}: would not be generated"),
            Self::Different { path, line, expected, found } => {
                let shown =
                    |text: &Option<String>| text.as_deref().map_or("the end".to_owned(), |text| format!("{text:?}"));
                write!(f, "{path}:{line}: expected {}, found {}", shown(expected), shown(found))
            }
        }
    }
}
