//! The folder that is written to.

use std::{
    collections::BTreeSet,
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
};

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

/// Marks files of people within their names.
pub(super) const LOCAL: &str = ".local.";

// === impl Folder ===

impl Folder {
    /// The files in it, `/` between folders, sorted; without hidden ones and those of people. What is
    /// neither a file nor a folder counts as a file.
    pub(super) fn found(&self) -> Result<Vec<String>, OutputError> {
        let path = self.path();
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(OutputError::io("read", path)(error)),
            Ok(metadata) if !metadata.is_dir() => return Err(OutputError::no_folder(path)),
            Ok(_) => {}
        }
        let mut files = Vec::new();
        walk(path, "", &mut files)?;
        files.sort_unstable();
        Ok(files)
    }

    /// What a file holds, if there is one.
    pub(super) fn read(&self, file: &str) -> Result<Option<String>, OutputError> {
        let path = self.of(file);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(OutputError::io("read", &path)(error)),
            // What is no UTF-8 is none of ours.
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<(), OutputError> {
    for entry in fs::read_dir(folder).map_err(OutputError::io("read", folder))? {
        let entry = entry.map_err(OutputError::io("read", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name.contains(LOCAL) {
            continue;
        }
        let kind = entry.file_type().map_err(OutputError::io("read", &entry.path()))?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Its name, hidden.
pub(super) const MANIFEST: &str = ".obs-generated";

const MANIFEST_HEAD: &str = "# The files that obs generated here. Keep this list beside them.\n";

// === impl Folder ===

impl Folder {
    /// What was generated before.
    pub(super) fn generated(&self) -> Result<BTreeSet<String>, OutputError> {
        let list = self.read(MANIFEST)?.unwrap_or_default();
        Ok(list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect())
    }
}

/// The list as it is written.
pub(super) fn manifest(files: &BTreeSet<String>) -> String {
    let mut text = MANIFEST_HEAD.to_owned();
    for file in files {
        text += file;
        text.push('\n');
    }
    text
}

/// Files could not be written or read.
#[derive(Debug)]
pub struct OutputError(Kind);

#[derive(Debug)]
enum Kind {
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    NoFolder { path: PathBuf },
    Foreign { folder: PathBuf, files: Vec<String> },
    Path { path: String },
}

/// So many foreign files are named.
const NAMED: usize = 10;

// === impl OutputError ===

impl OutputError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self(Kind::Io { doing, path: path.to_owned(), source })
    }

    pub(super) fn no_folder(path: &Path) -> Self {
        Self(Kind::NoFolder { path: path.to_owned() })
    }

    pub(super) fn foreign(folder: &Path, files: Vec<String>) -> Self {
        Self(Kind::Foreign { folder: folder.to_owned(), files })
    }

    pub(super) fn path(path: &str) -> Self {
        Self(Kind::Path { path: path.to_owned() })
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Io { doing, path, .. } => write!(f, "{}: can't be {doing}", path.display()),
            Kind::NoFolder { path } => {
                write!(f, "{}: is a file, expected a folder: give another one by --out", path.display())
            }
            Kind::Foreign { folder, files } => {
                writeln!(f, "{}: holds files that obs did not generate; nothing was written:", folder.display())?;
                for file in files.iter().take(NAMED) {
                    writeln!(f, "  {file}")?;
                }
                if files.len() > NAMED {
                    writeln!(f, "  and {} more", files.len() - NAMED)?;
                }
                f.write_str(
                    "move them elsewhere, give another folder by --out, or let their names end in `.local.yml` and the \
                     like: those are left alone",
                )
            }
            Kind::Path { path } => {
                write!(f, "{path:?} is made twice or is no path below the folder: two names differ only in signs")
            }
        }
    }
}

impl Error for OutputError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
