//! What can go wrong.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
};

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
