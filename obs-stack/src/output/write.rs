//! Writing a folder: all files are written to a temporary folder inside of it, then renamed
//! into place.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Component, Path},
};

use tempfile::TempDir;

use super::{
    Folder, OutputError,
    folder::{self, LOCAL},
};
use crate::{File, runbooks};

/// The result of [`Folder::write`]: paths below the folder, sorted.
///
/// ```
/// use obs_stack::{File, output::Folder};
///
/// let place = tempfile::tempdir()?;
/// let folder = Folder::new(place.path());
/// folder.write(&[File::new("a.yml", "1\n"), File::new("b.yml", "2\n")])?;
///
/// let written = folder.write(&[File::new("b.yml", "2\n"), File::new("c.yml", "3\n")])?;
/// assert_eq!((written.changed, written.unchanged), (vec!["c.yml".to_owned()], vec!["b.yml".to_owned()]));
/// assert_eq!(written.removed, ["a.yml"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Files that were written because they were missing or different.
    pub changed: Vec<String>,
    /// Files that already had the right content.
    pub unchanged: Vec<String>,
    /// Files that were generated before and no longer are.
    pub removed: Vec<String>,
    /// Runbooks that are no longer generated but contain text that people added: the old
    /// path and the new one.
    pub kept_aside: Vec<(String, String)>,
}

// === impl Folder ===

impl Folder {
    /// Makes the folder contain exactly these generated files.
    ///
    /// All files are written to a temporary folder first, then renamed, so that a full disk
    /// or a missing permission leaves the folder as it was. Text that people added to
    /// runbooks is kept. A runbook whose alert no longer exists is removed, or renamed to
    /// `NAME.local.md` if it contains such text.
    ///
    /// # Errors
    ///
    /// If the folder contains files that were not generated, if two files have the same
    /// path, or if something can't be read or written.
    pub fn write(&self, files: &[File]) -> Result<Written, OutputError> {
        check_paths(files)?;
        let found = self.found()?;
        let generated = self.generated()?;
        self.check_foreign(files, found, &generated)?;
        fs::create_dir_all(self.path()).map_err(OutputError::io("made", self.path()))?;
        let (staged, mut written) = self.stage(files)?;

        let current: BTreeSet<String> = files.iter().map(|file| file.path.clone()).collect();
        // Before anything moves: files that an interrupted run leaves behind must not count as foreign.
        self.put_list(&staged, &generated.union(&current).cloned().collect())?;
        for path in &written.changed {
            self.put(&staged, path)?;
        }
        for path in generated.difference(&current) {
            if self.holds_own_text(path)? {
                written.kept_aside.push((path.clone(), self.keep_aside(path)?));
            } else if self.remove(path)? {
                written.removed.push(path.clone());
            }
        }
        self.put_list(&staged, &current)?;
        Ok(written)
    }

    /// Fails if the folder contains files that were not generated.
    fn check_foreign(
        &self,
        files: &[File],
        found: Vec<String>,
        generated: &BTreeSet<String>,
    ) -> Result<(), OutputError> {
        // A file with the content that would be written does no harm.
        let is_same = |path: &str| files.iter().any(|file| file.path == path && self.holds(file));
        let mut foreign: Vec<String> = found
            .into_iter()
            .filter(|path| !generated.contains(path) && !is_same(path))
            .collect();
        foreign.extend(
            files
                .iter()
                .filter(|file| self.of(&file.path).is_dir())
                .map(|file| file.path.clone()),
        );
        if foreign.is_empty() {
            Ok(())
        } else {
            Err(OutputError::foreign(self.path(), foreign))
        }
    }

    /// Whether the folder has this file with this content.
    fn holds(&self, file: &File) -> bool {
        let is_file = fs::symlink_metadata(self.of(&file.path)).is_ok_and(|metadata| metadata.is_file());
        is_file
            && self
                .read(&file.path)
                .is_ok_and(|found| found.is_some_and(|found| found == file.content))
    }

    /// Writes the files that have changed to a temporary hidden folder, which is removed
    /// when it is dropped.
    fn stage(&self, files: &[File]) -> Result<(TempDir, Written), OutputError> {
        let staged = tempfile::Builder::new()
            .prefix(".obs-")
            .tempdir_in(self.path())
            .map_err(OutputError::io("written to", self.path()))?;
        let mut written = Written::default();
        for file in files {
            let found = self.read(&file.path)?;
            let content = found
                .as_deref()
                .map_or_else(|| file.content.clone(), |found| file.merged_with(found));
            if found.as_ref() == Some(&content) {
                written.unchanged.push(file.path.clone());
            } else {
                write_whole(&Folder::new(staged.path()).of(&file.path), &content)?;
                written.changed.push(file.path.clone());
            }
        }
        Ok((staged, written))
    }

    /// Writes the list of generated files.
    fn put_list(&self, staged: &TempDir, files: &BTreeSet<String>) -> Result<(), OutputError> {
        write_whole(&staged.path().join(folder::MANIFEST), &folder::manifest(files))?;
        self.put(staged, folder::MANIFEST)
    }

    /// Moves a file from the temporary folder into place.
    fn put(&self, staged: &TempDir, path: &str) -> Result<(), OutputError> {
        let (from, to) = (Folder::new(staged.path()).of(path), self.of(path));
        make_parent(&to)?;
        fs::rename(from, &to).map_err(OutputError::io("replaced", &to))
    }

    /// Whether a file is a runbook that contains text of people.
    fn holds_own_text(&self, path: &str) -> Result<bool, OutputError> {
        // A symbolic link is not followed: its target stays in any case.
        let is_file = fs::symlink_metadata(self.of(path)).is_ok_and(|metadata| metadata.is_file());
        if !is_file || !is_runbook(path) {
            return Ok(false);
        }
        Ok(self.read(path)?.is_some_and(|text| runbooks::has_own_text(&text)))
    }

    /// Renames `x.md` to `x.local.md`, or to `x.2.local.md` if that exists. Returns the new
    /// path.
    fn keep_aside(&self, path: &str) -> Result<String, OutputError> {
        let (stem, extension) = path.rsplit_once('.').unwrap_or((path, "md"));
        let names = (1_u32..).map(|number| match number {
            1 => format!("{stem}{LOCAL}{extension}"),
            _ => format!("{stem}.{number}{LOCAL}{extension}"),
        });
        let free = names
            .into_iter()
            .find(|name| fs::symlink_metadata(self.of(name)).is_err());
        let (from, name) = (
            self.of(path),
            free.unwrap_or_else(|| format!("{stem}{LOCAL}{extension}")),
        );
        fs::rename(&from, self.of(&name)).map_err(OutputError::io("renamed", &from))?;
        Ok(name)
    }

    /// Removes a file and the folders that are empty then. Returns false if the file was
    /// gone already.
    fn remove(&self, path: &str) -> Result<bool, OutputError> {
        let file = self.of(path);
        if fs::symlink_metadata(&file).is_err() {
            return Ok(false);
        }
        fs::remove_file(&file).map_err(OutputError::io("removed", &file))?;
        for folder in file.ancestors().skip(1).take_while(|folder| *folder != self.path()) {
            // Fails if the folder is not empty, as intended.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(true)
    }
}

/// Fails if a path leaves the folder or occurs twice.
fn check_paths(files: &[File]) -> Result<(), OutputError> {
    let mut seen = BTreeSet::new();
    for File { path, .. } in files {
        let is_below = Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        // Some file systems ignore case.
        if path.is_empty() || !is_below || !seen.insert(path.to_lowercase()) {
            return Err(OutputError::path(path));
        }
    }
    Ok(())
}

/// Whether a file may contain text of people.
fn is_runbook(path: &str) -> bool {
    path.starts_with("runbooks/")
}

/// Writes a file and flushes it to disk.
fn write_whole(path: &Path, content: &str) -> Result<(), OutputError> {
    make_parent(path)?;
    let write = || {
        let mut file = fs::File::create(path)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()
    };
    write().map_err(OutputError::io("written", path))
}

/// Creates the folder that a file is in.
fn make_parent(path: &Path) -> Result<(), OutputError> {
    match path.parent() {
        Some(parent) => fs::create_dir_all(parent).map_err(OutputError::io("made", parent)),
        None => Ok(()),
    }
}
