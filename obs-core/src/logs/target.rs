//! Where lines go.

use std::{
    fmt,
    io::{self, IsTerminal as _, Write},
    path::{Path, PathBuf},
};

use obs_base::InitError;

use super::log_file::LogFile;
#[cfg(feature = "log-rotation")]
use super::{rolling_file::RollingFile, rotation::Rotation};

/// The setting that a target is given to.
const SETTING: &str = "log_target";

/// Where log lines go; see [`ObsBuilder::log_target`](crate::ObsBuilder::log_target).
///
/// A thread of obs writes whole lines to it, so that it never delays a request. Lines that can't be written (a full
/// disk, a closed pipe) are counted in `obs_log_lines_dropped_total`; the next ones are tried again.
///
/// ```
/// use obs_core::{Obs, logs::LogTarget};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shop.log");
/// let obs = Obs::builder("shop").log_target(LogTarget::file(&path)).build()?;
/// assert!(path.exists());
///
/// // A folder can't be opened as a file.
/// let error = Obs::builder("shop").log_target(LogTarget::file(folder.path())).build().unwrap_err();
/// assert!(error.to_string().contains("expected the path of a file"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LogTarget(Kind);

enum Kind {
    Stdout,
    Stderr,
    File(PathBuf),
    #[cfg(feature = "log-rotation")]
    RollingFile(PathBuf, Rotation),
    Writer(Box<dyn Write + Send>),
}

// === impl LogTarget ===

impl LogTarget {
    /// Standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self(Kind::Stdout)
    }

    /// Standard error.
    #[must_use]
    pub fn stderr() -> Self {
        Self(Kind::Stderr)
    }

    /// A file that lines are appended to. The file and its folder are created if they don't exist.
    ///
    /// The file is not limited in size: use a program such as logrotate, which may move or truncate it
    /// (`copytruncate`), or [`rolling_file`](Self::rolling_file). A file that was moved or removed is created again
    /// with the next lines.
    ///
    /// A folder, a full disk, or a named pipe without a reader is an error of `init`. Later failures affect only the
    /// thread that writes lines, which waits up to five seconds for a full pipe, and drops and counts lines.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::File(path.into()))
    }

    /// A new file for each hour, day or week (UTC), named `path` with the time at its end:
    /// `shop.log.2026-11-22`. On Unix, `path` itself is a link to the newest file, unless something else has that
    /// name. See [`Rotation`], and [`file`](Self::file) for errors.
    #[cfg(feature = "log-rotation")]
    #[must_use]
    pub fn rolling_file(path: impl Into<PathBuf>, rotation: Rotation) -> Self {
        Self(Kind::RollingFile(path.into(), rotation))
    }

    /// A writer of the application. It gets whole lines, followed by a call of `flush`. An empty write at the start
    /// tests whether it accepts data.
    pub fn writer(writer: impl Write + Send + 'static) -> Self {
        Self(Kind::Writer(Box::new(writer)))
    }

    /// With its file open, if it has one.
    pub(super) fn opened(self) -> Result<Self, InitError> {
        let file: Box<dyn Write + Send> = match self.0 {
            Kind::File(path) => Box::new(LogFile::open(&path).map_err(|error| unwritable(&path, &error))?),
            #[cfg(feature = "log-rotation")]
            Kind::RollingFile(path, rotation) => {
                Box::new(RollingFile::open(&path, rotation).map_err(|error| unwritable(&path, &error))?)
            }
            other => return Ok(Self(other)),
        };
        Ok(Self(Kind::Writer(file)))
    }

    pub(super) fn is_terminal(&self) -> bool {
        match &self.0 {
            Kind::Stdout => io::stdout().is_terminal(),
            Kind::Stderr => io::stderr().is_terminal(),
            _ => false,
        }
    }

    /// What lines are written to.
    pub(super) fn into_writer(self) -> Result<Box<dyn Write + Send>, InitError> {
        match self.opened()?.0 {
            Kind::Stderr => Ok(Box::new(io::stderr())),
            Kind::Writer(writer) => Ok(writer),
            // No file is left by now.
            _ => Ok(Box::new(io::stdout())),
        }
    }
}

impl fmt::Debug for LogTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Stdout => f.write_str("Stdout"),
            Kind::Stderr => f.write_str("Stderr"),
            Kind::File(path) => f.debug_tuple("File").field(path).finish(),
            #[cfg(feature = "log-rotation")]
            Kind::RollingFile(path, rotation) => f.debug_tuple("RollingFile").field(path).field(rotation).finish(),
            Kind::Writer(_) => f.write_str("Writer"),
        }
    }
}

fn unwritable(path: &Path, error: &dyn fmt::Display) -> InitError {
    let expected = format!("the path of a file that this process may create and append to ({error})");
    InitError::invalid(SETTING, path.display(), expected)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_appended_to_and_made_with_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/for/it/shop.log");
        for line in ["one\n", "two\n"] {
            LogTarget::file(&path)
                .into_writer()
                .unwrap()
                .write_all(line.as_bytes())
                .unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn a_path_that_can_not_be_written_is_refused_by_name_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        for bad in [folder.path().to_owned(), file.join("below.log"), PathBuf::new()] {
            let error = LogTarget::file(&bad).opened().err().unwrap().to_string();
            let start = format!(
                "log_target is {:?}, expected the path of a file that",
                bad.display().to_string()
            );
            assert!(error.starts_with(&start) && error.contains("(os error "), "{error}");
        }
    }

    #[test]
    fn what_is_no_terminal_is_not_taken_for_one() {
        assert!(!LogTarget::writer(io::sink()).is_terminal());
        assert_eq!(format!("{:?}", LogTarget::stderr()), "Stderr");
    }
}
