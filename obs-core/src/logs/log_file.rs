//! A file that lines are appended to, as long as it exists at its path.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A file that is opened anew when another one is in its place, or none.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    open: Option<OpenFile>,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    identity: Identity,
}

/// The identity of a file.
#[cfg(unix)]
type Identity = (u64, u64);
/// Where files have no number, one that is open can't be replaced unnoticed.
#[cfg(not(unix))]
type Identity = ();

// === impl LogFile ===

impl LogFile {
    /// Opens the file, or makes it with its folder.
    ///
    /// # Errors
    ///
    /// If it can't be appended to: a folder, a full disk, a pipe without a reader.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut this = Self {
            path: path.to_owned(),
            open: None,
        };
        // Some devices refuse even nothing.
        let _none = this.current()?.write(&[])?;
        Ok(this)
    }

    /// The file that is there now.
    fn current(&mut self) -> io::Result<&mut File> {
        let open = match self.open.take() {
            Some(open) if open.is_at(&self.path) => open,
            // It was moved away, and no other can be made. It goes on where it is now.
            Some(open) => match OpenFile::append_to(&self.path) {
                Err(_) if open.is_somewhere() => open,
                opened => opened?,
            },
            None => OpenFile::append_to(&self.path)?,
        };
        Ok(&mut self.open.insert(open).file)
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.current()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        // A file has no buffer in this process.
        Ok(())
    }
}

// === impl OpenFile ===

impl OpenFile {
    fn append_to(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        never_wait(&mut options);
        let file = options.open(path)?;
        let identity = identity(&file.metadata()?);
        Ok(Self { file, identity })
    }

    /// Whether it is what stands at this path. Where that can't be told, because the process may no longer
    /// look, it is.
    fn is_at(&self, path: &Path) -> bool {
        match fs::metadata(path) {
            Ok(found) => identity(&found) == self.identity,
            Err(error) => !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
        }
    }

    /// Whether what is written to it can be found under any name.
    #[cfg(unix)]
    fn is_somewhere(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        self.file.metadata().is_ok_and(|found| found.nlink() > 0)
    }

    #[cfg(not(unix))]
    fn is_somewhere(&self) -> bool {
        false
    }
}

#[cfg(unix)]
fn identity(found: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (found.dev(), found.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}

/// Makes opening a pipe without a reader, and writing to a full one, fail instead of blocking.
#[cfg(unix)]
fn never_wait(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    // Nor shall a terminal become that of this process.
    options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
}

#[cfg(not(unix))]
fn never_wait(_: &mut OpenOptions) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(file: &mut LogFile, text: &str) {
        file.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn a_file_that_vanishes_is_made_again_and_one_that_was_moved_away_followed_by_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/shop.log");
        let mut file = LogFile::open(&path).unwrap();
        write(&mut file, "one\n");
        fs::remove_file(&path).unwrap();
        write(&mut file, "two\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
        fs::rename(&path, path.with_extension("1")).unwrap();
        write(&mut file, "three\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");
        assert_eq!(fs::read_to_string(path.with_extension("1")).unwrap(), "two\n");
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        write(&mut file, "four\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "four\n");
    }

    #[test]
    fn what_takes_the_place_of_a_removed_file_and_is_none_is_an_error_until_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.log");
        let mut file = LogFile::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        for _ in 0..2 {
            assert!(file.write(b"lost\n").is_err());
        }
        fs::remove_dir(&path).unwrap();
        write(&mut file, "again\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "again\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_moved_away_is_written_to_while_no_other_can_be_made() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("shop.log"), folder.path().join("moved"));
        let mut file = LogFile::open(&path).unwrap();
        fs::rename(&path, &moved).unwrap();
        fs::create_dir(&path).unwrap();
        write(&mut file, "kept\n");
        assert_eq!(fs::read_to_string(&moved).unwrap(), "kept\n");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_at_the_start() {
        let error = LogFile::open(Path::new("/dev/full")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
