//! Differences between the files on disk and those that would be generated.

use std::{collections::BTreeSet, fmt};

use super::{Folder, OutputError};
use crate::File;

/// A file on disk that differs from the generated one, from [`Folder::drift`].
///
/// Its [`Display`](fmt::Display) is one line: `prometheus/prometheus.yml:3: expected "a",
/// found "b"`.
///
/// ```
/// use obs_stack::{File, output::Folder};
///
/// let place = tempfile::tempdir()?;
/// let folder = Folder::new(place.path());
/// folder.write(&[File::new("a.yml", "one: 1\n")])?;
/// let drift = folder.drift(&[File::new("a.yml", "one: 2\n")])?;
/// assert_eq!(drift[0].to_string(), "a.yml:1: expected \"one: 2\", found \"one: 1\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Drift {
    /// The file does not exist.
    Missing {
        /// Its path below the folder.
        path: String,
    },
    /// The file has another content.
    Different {
        /// Its path below the folder.
        path: String,
        /// The first line that differs; the first line of a file is 1.
        line: usize,
        /// The generated line; `None` after the last one.
        expected: Option<String>,
        /// The line on disk; `None` after the last one.
        found: Option<String>,
    },
    /// The file is not generated.
    Superfluous {
        /// Its path below the folder.
        path: String,
    },
}

// === impl Folder ===

impl Folder {
    /// Compares the folder with these files. Text that people added to runbooks is not a
    /// difference.
    ///
    /// # Errors
    ///
    /// If the path is not a folder, or something can't be read.
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

    /// Compares one file.
    fn drift_of(&self, file: &File) -> Result<Option<Drift>, OutputError> {
        let path = file.path.clone();
        let Some(found) = self.read(&path)? else {
            return Ok(Some(Drift::Missing { path }));
        };
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
                return Ok(Some(Drift::Different {
                    path,
                    line,
                    expected: own(wanted),
                    found: own(there),
                }));
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
            Self::Different {
                path,
                line,
                expected,
                found,
            } => {
                let shown =
                    |text: &Option<String>| text.as_deref().map_or("the end".to_owned(), |text| format!("{text:?}"));
                write!(f, "{path}:{line}: expected {}, found {}", shown(expected), shown(found))
            }
        }
    }
}
